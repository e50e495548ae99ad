// SPDX-License-Identifier: Apache-2.0
#include "event/kernel_names.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

TEST(EventNames, FirstLastAndUnknown) {
  EXPECT_EQ(family_text(0), "AF_UNSPEC");
  EXPECT_EQ(family_text(45), "AF_MCTP");
  EXPECT_EQ(family_text(12), "12");
  EXPECT_EQ(family_text(46), "46");
  EXPECT_EQ(short_family_text(1), "AF_UNIX");
  EXPECT_EQ(short_family_text(2), "AF_INET");
  EXPECT_EQ(short_family_text(10), "AF_INET6");
  EXPECT_EQ(short_family_text(0), "");
  EXPECT_EQ(socket_type_text(5), "SOCK_SEQPACKET");
  EXPECT_EQ(socket_type_text(10), "SOCK_PACKET");
  EXPECT_EQ(socket_type_text(0), "0");
  EXPECT_EQ(ip_protocol_text(0), "IPPROTO_IP");
  EXPECT_EQ(ip_protocol_text(262), "IPPROTO_MPTCP");
  EXPECT_EQ(ip_protocol_text(5), "5");
  EXPECT_EQ(tcp_state_text(1), "TCP_ESTABLISHED");
  EXPECT_EQ(tcp_state_text(12), "TCP_NEW_SYN_RECV");
  EXPECT_EQ(tcp_state_text(0), "0");
  EXPECT_EQ(bpf_prog_type_text(0), "BPF_PROG_TYPE_UNSPEC");
  EXPECT_EQ(bpf_prog_type_text(31), "BPF_PROG_TYPE_SYSCALL");
  EXPECT_EQ(bpf_map_type_text(27), "BPF_MAP_TYPE_RINGBUF");
  EXPECT_EQ(perf_type_text(0), "PERF_TYPE_HARDWARE");
  EXPECT_EQ(hash_algorithm_text(1), "md5");
  EXPECT_EQ(hash_algorithm_text(13), "wp512");
}

std::string ipv6(std::initializer_list<uint16_t> groups) {
  uint8_t bytes[16] = {};
  size_t at = 0;
  for (uint16_t group : groups) {
    bytes[at++] = static_cast<uint8_t>(group >> 8);
    bytes[at++] = static_cast<uint8_t>(group);
  }
  return address_text(10, bytes);
}

TEST(EventNames, Addresses) {
  const uint8_t ipv4[16] = {192, 0, 2, 255};
  EXPECT_EQ(address_text(2, ipv4), "192.0.2.255");
  EXPECT_EQ(address_text(1, ipv4), "invalid IP");
  EXPECT_EQ(ipv6({}), "::");
  EXPECT_EQ(ipv6({0, 0, 0, 0, 0, 0, 0, 1}), "::1");
  EXPECT_EQ(ipv6({0x2001, 0xdb8, 0, 0, 0, 0, 0, 0}), "2001:db8::");
  EXPECT_EQ(ipv6({0x2001, 0xdb8, 0, 1, 1, 1, 1, 1}), "2001:db8:0:1:1:1:1:1");
  EXPECT_EQ(ipv6({1, 0, 0, 2, 0, 0, 0, 3}), "1:0:0:2::3");
  EXPECT_EQ(ipv6({1, 0, 0, 2, 3, 0, 0, 4}), "1::2:3:0:0:4");
  EXPECT_EQ(ipv6({1, 2, 3, 4, 5, 6, 7, 8}), "1:2:3:4:5:6:7:8");
  EXPECT_EQ(ipv6({0xfe80, 0, 0, 0, 0xabcd, 0x10, 0xa00, 0xf}), "fe80::abcd:10:a00:f");
  EXPECT_EQ(ipv6({0, 0, 0, 0, 0, 0xffff, 0xc000, 0x201}), "::ffff:192.0.2.1");
  EXPECT_EQ(ipv6({0, 0, 0, 0, 0, 0, 0x102, 0x304}), "::102:304");
}

}  // namespace
}  // namespace tripline
