// SPDX-License-Identifier: Apache-2.0
#include "event/kernel_names.h"

#include <algorithm>
#include <array>
#include <span>

namespace tripline {
namespace {

struct Named {
  uint32_t number;
  std::string_view name;
};

constexpr uint32_t kUnix = 1, kInet = 2, kInet6 = 10;

constexpr Named kFamilies[] = {
    {0, "UNSPEC"},     {kUnix, "UNIX"}, {kInet, "INET"}, {3, "AX25"},      {4, "IPX"},
    {5, "APPLETALK"},  {6, "NETROM"},   {7, "BRIDGE"},   {8, "ATMPVC"},    {9, "X25"},
    {kInet6, "INET6"}, {11, "ROSE"},    {13, "NETBEUI"}, {14, "SECURITY"}, {15, "KEY"},
    {16, "NETLINK"},   {17, "PACKET"},  {18, "ASH"},     {19, "ECONET"},   {20, "ATMSVC"},
    {21, "RDS"},       {23, "IRDA"},    {24, "PPPOX"},   {25, "WANPIPE"},  {26, "LLC"},
    {27, "IB"},        {28, "MPLS"},    {29, "CAN"},     {30, "TIPC"},     {31, "BLUETOOTH"},
    {32, "IUCV"},      {33, "RXRPC"},   {34, "ISDN"},    {35, "PHONET"},   {36, "IEEE802154"},
    {37, "CAIF"},      {38, "ALG"},     {39, "NFC"},     {40, "VSOCK"},    {41, "KCM"},
    {42, "QIPCRTR"},   {43, "SMC"},     {44, "XDP"},     {45, "MCTP"},
};

constexpr Named kSocketTypes[] = {
    {1, "STREAM"}, {2, "DGRAM"}, {3, "RAW"}, {4, "RDM"}, {5, "SEQPACKET"}, {6, "DCCP"}, {10, "PACKET"},
};

constexpr Named kProtocols[] = {
    {0, "IP"},         {1, "ICMP"},  {2, "IGMP"},    {4, "IPIP"},   {6, "TCP"},       {8, "EGP"},
    {12, "PUP"},       {17, "UDP"},  {22, "IDP"},    {29, "TP"},    {33, "DCCP"},     {41, "IPV6"},
    {46, "RSVP"},      {47, "GRE"},  {50, "ESP"},    {51, "AH"},    {92, "MTP"},      {94, "BEETPH"},
    {98, "ENCAP"},     {103, "PIM"}, {108, "COMP"},  {132, "SCTP"}, {136, "UDPLITE"}, {137, "MPLS"},
    {143, "ETHERNET"}, {255, "RAW"}, {262, "MPTCP"},
};

constexpr Named kTcpStates[] = {
    {1, "ESTABLISHED"}, {2, "SYN_SENT"},  {3, "SYN_RECV"}, {4, "FIN_WAIT1"},
    {5, "FIN_WAIT2"},   {6, "TIME_WAIT"}, {7, "CLOSE"},    {8, "CLOSE_WAIT"},
    {9, "LAST_ACK"},    {10, "LISTEN"},   {11, "CLOSING"}, {12, "NEW_SYN_RECV"},
};

constexpr std::string_view kProgTypes[] = {
    "UNSPEC",
    "SOCKET_FILTER",
    "KPROBE",
    "SCHED_CLS",
    "SCHED_ACT",
    "TRACEPOINT",
    "XDP",
    "PERF_EVENT",
    "CGROUP_SKB",
    "CGROUP_SOCK",
    "LWT_IN",
    "LWT_OUT",
    "LWT_XMIT",
    "SOCK_OPS",
    "SK_SKB",
    "CGROUP_DEVICE",
    "SK_MSG",
    "RAW_TRACEPOINT",
    "CGROUP_SOCK_ADDR",
    "LWT_SEG6LOCAL",
    "LIRC_MODE2",
    "SK_REUSEPORT",
    "FLOW_DISSECTOR",
    "CGROUP_SYSCTL",
    "RAW_TRACEPOINT_WRITABLE",
    "CGROUP_SOCKOPT",
    "TRACING",
    "STRUCT_OPS",
    "EXT",
    "LSM",
    "SK_LOOKUP",
    "SYSCALL",
};

constexpr std::string_view kMapTypes[] = {
    "UNSPEC",
    "HASH",
    "ARRAY",
    "PROG_ARRAY",
    "PERF_EVENT_ARRAY",
    "PERCPU_HASH",
    "PERCPU_ARRAY",
    "STACK_TRACE",
    "CGROUP_ARRAY",
    "LRU_HASH",
    "LRU_PERCPU_HASH",
    "LPM_TRIE",
    "ARRAY_OF_MAPS",
    "HASH_OF_MAPS",
    "DEVMAP",
    "SOCKMAP",
    "CPUMAP",
    "XSKMAP",
    "SOCKHASH",
    "CGROUP_STORAGE",
    "REUSEPORT_SOCKARRAY",
    "PERCPU_CGROUP_STORAGE",
    "QUEUE",
    "STACK",
    "SK_STORAGE",
    "DEVMAP_HASH",
    "STRUCT_OPS",
    "RINGBUF",
    "INODE_STORAGE",
    "TASK_STORAGE",
    "BLOOM_FILTER",
};

constexpr std::string_view kPerfTypes[] = {"HARDWARE", "SOFTWARE",   "TRACEPOINT", "HW_CACHE",
                                           "RAW",      "BREAKPOINT", "MAX"};

constexpr std::string_view kHashAlgorithms[] = {
    "md4",    "md5",    "sha1",   "rmd160", "sha256",      "sha384",      "sha512",
    "sha224", "rmd128", "rmd256", "rmd320", "wp256",       "wp384",       "wp512",
    "tgr128", "tgr160", "tgr192", "sm3",    "streebog256", "streebog512",
};

std::string joined(std::string_view prefix, std::string_view name) {
  std::string text(prefix);
  return text.append(name);
}

std::string text_of(std::span<const Named> names, std::string_view prefix, uint32_t number) {
  auto found = std::ranges::find(names, number, &Named::number);
  return found == names.end() ? std::to_string(number) : joined(prefix, found->name);
}

std::string text_of(std::span<const std::string_view> names, std::string_view prefix, uint32_t number) {
  return number < names.size() ? joined(prefix, names[number]) : std::to_string(number);
}

std::string ipv4_text(const uint8_t* bytes) {
  std::string text = std::to_string(bytes[0]);
  for (int at = 1; at < 4; at++) text.append(".").append(std::to_string(bytes[at]));
  return text;
}

std::string hex(uint32_t number) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (int shift = 12; shift >= 0; shift -= 4)
    if (number >> shift != 0 || shift == 0) text += kDigits[number >> shift & 15];
  return text;
}

// RFC 5952: lower case, the longest run of two or more zero groups as "::", an IPv4 address within dotted.
std::string ipv6_text(const uint8_t* bytes) {
  constexpr size_t kGroups = 8;
  std::array<uint32_t, kGroups> groups{};
  for (size_t at = 0; at < kGroups; at++) groups[at] = uint32_t{bytes[2 * at]} << 8 | bytes[2 * at + 1];
  if (std::ranges::all_of(bytes, bytes + 10, [](uint8_t byte) { return byte == 0; }) && groups[5] == 0xffff)
    return "::ffff:" + ipv4_text(bytes + 12);
  size_t start = kGroups, length = 1;
  for (size_t at = 0; at < kGroups; at++) {
    size_t end = at;
    while (end < kGroups && groups[end] == 0) end++;
    if (end - at > length) start = at, length = end - at;
  }
  std::string text;
  for (size_t at = 0; at < kGroups; at++) {
    if (at == start) {
      text += "::";
      at += length - 1;
      continue;
    }
    if (!text.empty() && !text.ends_with(':')) text += ':';
    text += hex(groups[at]);
  }
  return text;
}

}  // namespace

std::string family_text(uint32_t family) { return text_of(kFamilies, "AF_", family); }

std::string short_family_text(uint32_t family) {
  return family == kUnix || family == kInet || family == kInet6 ? family_text(family) : std::string{};
}

std::string socket_type_text(uint32_t type) { return text_of(kSocketTypes, "SOCK_", type); }
std::string ip_protocol_text(uint32_t protocol) { return text_of(kProtocols, "IPPROTO_", protocol); }
std::string tcp_state_text(uint32_t state) { return text_of(kTcpStates, "TCP_", state); }
std::string bpf_prog_type_text(uint32_t type) { return text_of(kProgTypes, "BPF_PROG_TYPE_", type); }
std::string bpf_map_type_text(uint32_t type) { return text_of(kMapTypes, "BPF_MAP_TYPE_", type); }
std::string perf_type_text(uint32_t type) { return text_of(kPerfTypes, "PERF_TYPE_", type); }
std::string hash_algorithm_text(uint32_t algorithm) { return text_of(kHashAlgorithms, "", algorithm); }

std::string address_text(uint32_t family, const uint8_t* bytes) {
  if (family == kInet) return ipv4_text(bytes);
  if (family == kInet6) return ipv6_text(bytes);
  return "invalid IP";
}

}  // namespace tripline
