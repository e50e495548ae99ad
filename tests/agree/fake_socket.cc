// SPDX-License-Identifier: Apache-2.0
#include "agree/fake_socket.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace tripline::agree {
namespace {

constexpr uint16_t kIpv4 = 2;
constexpr uint16_t kIpv6 = 10;
constexpr size_t kPacket = 512;

void push16(std::vector<uint8_t>& out, uint16_t number) {
  out.push_back(static_cast<uint8_t>(number >> 8));
  out.push_back(static_cast<uint8_t>(number));
}

class Placer {
 public:
  Placer(Memory& memory, const Btf& btf, oracle::Random& random)
      : memory_(memory), btf_(btf), random_(random) {}

  uint64_t sock(oracle::Endpoint& endpoint) {
    const uint64_t at = object("sock");
    if (at == 0) return 0;
    endpoint.cookie = at;
    set(at, "sock", "__sk_common.skc_family", endpoint.family);
    set(at, "sock", "__sk_common.skc_state", endpoint.state);
    set(at, "sock", "sk_type", endpoint.type);
    set(at, "sock", "sk_protocol", endpoint.protocol);
    set(at, "sock", "sk_mark", endpoint.mark);
    set(at, "sock", "sk_priority", endpoint.priority);
    const bool ipv4 = endpoint.family == kIpv4;
    if (!ipv4 && endpoint.family != kIpv6) return at;
    bytes(at, ipv4 ? "__sk_common.skc_rcv_saddr" : "__sk_common.skc_v6_rcv_saddr", endpoint.source, ipv4);
    bytes(at, ipv4 ? "__sk_common.skc_daddr" : "__sk_common.skc_v6_daddr", endpoint.destination, ipv4);
    set(at, "sock", "__sk_common.skc_num", endpoint.source_port);
    set(at, "sock", "__sk_common.skc_dport",
        static_cast<uint16_t>(__builtin_bswap16(endpoint.destination_port)));
    return at;
  }

  uint64_t socket(oracle::Endpoint& endpoint) {
    const uint64_t at = object("socket");
    const uint64_t inner = sock(endpoint);
    if (at == 0 || inner == 0) return 0;
    set(at, "socket", "sk", inner);
    return at;
  }

  uint64_t skb(const oracle::Endpoint& endpoint) {
    const uint64_t at = object("sk_buff");
    const uint64_t head = memory_.take(kPacket);
    if (at == 0 || head == 0) return 0;
    noise(head, kPacket);
    const auto network = static_cast<uint16_t>(random_.below(64));
    const std::vector<uint8_t> packet = bytes_of(endpoint);
    for (size_t n = 0; n < packet.size(); ++n) memory_.write(head + network + n, packet[n]);
    set(at, "sk_buff", "len", endpoint.length);
    set(at, "sk_buff", "hash", endpoint.hash);
    set(at, "sk_buff", "priority", endpoint.priority);
    set(at, "sk_buff", "mark", endpoint.mark);
    set(at, "sk_buff", "active_extensions", uint8_t{0});
    set(at, "sk_buff", "head", head);
    set(at, "sk_buff", "tail", static_cast<uint32_t>(network + packet.size()));
    // No header is known of some packets that have no address.
    const bool unknown = endpoint.family == 0 && random_.chance(50);
    set(at, "sk_buff", "network_header", unknown ? uint16_t{0xffff} : network);
    return at;
  }

  uint64_t sockaddr(const oracle::Endpoint& endpoint) {
    const uint64_t at = memory_.take(28);
    if (at == 0) return 0;
    noise(at, 28);
    memory_.write(at, endpoint.family);
    if (endpoint.family != kIpv4 && endpoint.family != kIpv6) return at;
    memory_.write(at + 2, static_cast<uint16_t>(__builtin_bswap16(endpoint.source_port)));
    const bool ipv4 = endpoint.family == kIpv4;
    for (size_t n = 0; n < (ipv4 ? 4 : 16); ++n) memory_.write(at + (ipv4 ? 4 : 8) + n, endpoint.source[n]);
    return at;
  }

 private:
  void noise(uint64_t at, size_t size) {
    for (size_t n = 0; n < size; ++n) memory_.write(at + n, static_cast<uint8_t>(random_.below(256)));
  }

  uint64_t object(std::string_view type) {
    const auto found = btf_.structure(type);
    const uint64_t at = found ? memory_.take(found->size) : 0;
    if (at != 0) noise(at, found->size);
    return at;
  }

  // As wide as the kernel has the member.
  void set(uint64_t at, std::string_view type, std::string_view path, uint64_t number) {
    const auto member = btf_.member(type, path);
    if (!member) return;
    for (uint32_t n = 0; n < member->type.size; ++n) {
      memory_.write(at + member->offset + n, static_cast<uint8_t>(number >> 8 * n));
    }
  }

  void bytes(uint64_t at, std::string_view path, const std::array<uint8_t, 16>& address, bool ipv4) {
    const auto member = btf_.member("sock", path);
    if (!member) return;
    for (size_t n = 0; n < (ipv4 ? 4 : 16); ++n) memory_.write(at + member->offset + n, address[n]);
  }

  std::vector<uint8_t> bytes_of(const oracle::Endpoint& endpoint) {
    if (endpoint.family == kIpv4) return ipv4(endpoint);
    if (endpoint.family == kIpv6) return ipv6(endpoint);
    return {static_cast<uint8_t>(random_.below(64) & 0x0f), 1, 2, 3};  // of no version that is known
  }

  std::vector<uint8_t> ipv4(const oracle::Endpoint& endpoint) {
    const uint32_t options = random_.below(11);
    std::vector<uint8_t> out(20 + 4 * static_cast<size_t>(options));
    out[0] = static_cast<uint8_t>(0x40 | (5 + options));
    out[6] = random_.chance(30) ? 0x60
                                : 0;  // fragments are to come, or must not be: it is the first in either case
    out[9] = static_cast<uint8_t>(endpoint.protocol);
    std::copy_n(endpoint.source.begin(), 4, out.begin() + 12);
    std::copy_n(endpoint.destination.begin(), 4, out.begin() + 16);
    ports(endpoint, out);
    return out;
  }

  // The transport's header, when it has ports; else noise that looks like ports.
  void ports(const oracle::Endpoint& endpoint, std::vector<uint8_t>& out) {
    const bool has_ports = endpoint.protocol == 6 || endpoint.protocol == 17;
    push16(out, has_ports ? endpoint.source_port : uint16_t{80});
    push16(out, has_ports ? endpoint.destination_port : uint16_t{80});
  }

  std::vector<uint8_t> ipv6(const oracle::Endpoint& endpoint) {
    std::vector<uint8_t> out(40);
    out[0] = 0x60;
    std::copy_n(endpoint.source.begin(), 16, out.begin() + 8);
    std::copy_n(endpoint.destination.begin(), 16, out.begin() + 24);
    size_t next = 6;  // where the protocol of what follows is written
    static const std::vector<uint8_t> kExtensions = {0, 43, 44, 51, 60};
    const uint32_t count = random_.chance(50) ? 0 : random_.below(8);
    for (uint32_t n = 0; n < count; ++n) {
      const uint8_t type = random_.pick(kExtensions);
      out[next] = type;
      next = out.size();
      const uint8_t units = type == 44 ? 0 : static_cast<uint8_t>(random_.below(3));
      const size_t size = type == 44 ? 8 : type == 51 ? (units + 2) * size_t{4} : (units + 1) * size_t{8};
      out.resize(out.size() + size);
      out[next + 1] = units;
      if (type == 44) out[next + 3] = random_.chance(50) ? 1 : 0;  // more fragments: still the first
    }
    out[next] = static_cast<uint8_t>(endpoint.protocol);
    ports(endpoint, out);
    return out;
  }

  Memory& memory_;
  const Btf& btf_;
  oracle::Random& random_;
};

}  // namespace

uint64_t place(Memory& memory, const Btf& btf, oracle::Random& random, oracle::Endpoint& endpoint,
               ArgType type) {
  if (!endpoint.readable) return 0;
  Placer placer(memory, btf, random);
  switch (type) {
    case ArgType::kSocket:
      return placer.socket(endpoint);
    case ArgType::kSkb:
      return placer.skb(endpoint);
    case ArgType::kSockaddr:
      return placer.sockaddr(endpoint);
    default:
      return placer.sock(endpoint);
  }
}

uint64_t place(Memory& memory, const oracle::Capabilities& capabilities) {
  const uint64_t at = capabilities.set ? memory.take(sizeof(uint64_t)) : 0;
  if (at != 0) memory.write(at, *capabilities.set);
  return at;
}

}  // namespace tripline::agree
