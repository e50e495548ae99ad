// SPDX-License-Identifier: Apache-2.0
#include "compile/condition/network.h"

#include <sys/socket.h>

#include <cassert>
#include <map>
#include <vector>

#include "abi/value.h"
#include "compile/condition/integers.h"

namespace tripline {
namespace {

using enum ir::Compare;
using ir::Value;
using ir::Width;
using Part = SocketFilter::Field;

// Offsets of a field, and of the family, in the fixed part of the value.
struct Place {
  size_t field = 0;
  size_t family = 0;
};

Place place_in_sock(Part field) {
  const size_t family = offsetof(tl_sock, family);
  switch (field) {
    case Part::kSourceAddress:
      return {offsetof(tl_sock, local), family};
    case Part::kDestinationAddress:
      return {offsetof(tl_sock, remote), family};
    case Part::kSourcePort:
      return {offsetof(tl_sock, local_port), family};
    case Part::kDestinationPort:
      return {offsetof(tl_sock, remote_port), family};
    case Part::kProtocol:
      return {offsetof(tl_sock, protocol), family};
    case Part::kState:
      return {offsetof(tl_sock, state), family};
    case Part::kFamily:
      break;
  }
  return {family, family};
}

Place place_in_skb(Part field) {
  const size_t family = offsetof(tl_skb, family);
  switch (field) {
    case Part::kSourceAddress:
      return {offsetof(tl_skb, source), family};
    case Part::kDestinationAddress:
      return {offsetof(tl_skb, destination), family};
    case Part::kSourcePort:
      return {offsetof(tl_skb, source_port), family};
    case Part::kDestinationPort:
      return {offsetof(tl_skb, destination_port), family};
    case Part::kProtocol:
      return {offsetof(tl_skb, protocol), family};
    case Part::kState:
      assert(false && "not made by check()");
      break;
    case Part::kFamily:
      break;
  }
  return {family, family};
}

Place place_in_sockaddr(Part field) {
  const size_t family = offsetof(tl_sockaddr, family);
  if (field == Part::kSourceAddress) return {offsetof(tl_sockaddr, address), family};
  if (field == Part::kSourcePort) return {offsetof(tl_sockaddr, port), family};
  assert(field == Part::kFamily && "not made by check()");
  return {family, family};
}

Place place_of(ArgType type, Part field) {
  switch (type) {
    case ArgType::kSkb:
      return place_in_skb(field);
    case ArgType::kSockaddr:
      return place_in_sockaddr(field);
    case ArgType::kSockaddrUn:
      return {offsetof(tl_sockaddr_un, family), offsetof(tl_sockaddr_un, family)};
    default:
      return place_in_sock(field);
  }
}

// Bytes in network order as a number.
uint64_t number_of(const uint8_t* bytes, size_t count) {
  uint64_t out = 0;
  for (size_t n = 0; n < count; ++n) out = out << 8 | bytes[n];
  return out;
}

// The numbers of `bits` bits whose first `prefix` ones are those of `number`.
IntRange block(uint64_t number, uint32_t bits, uint32_t prefix) {
  const uint64_t all = bits == 64 ? UINT64_MAX : (uint64_t{1} << bits) - 1;
  const uint64_t rest = prefix < bits ? all >> prefix : 0;
  return {static_cast<int64_t>(number & ~rest), static_cast<int64_t>(number | rest)};
}

IntSet set_of(std::vector<IntRange> ranges, uint32_t bits) {
  return tripline::set_of({.op = IntFilter::Op::kInRange, .values = std::move(ranges), .span = {}},
                          {bits, false});
}

class AddressTest {
 public:
  AddressTest(Builder& builder, const SocketFilter& filter, Value slot, uint32_t offset)
      : builder_(builder), slot_(slot), offset_(offset) {
    for (const AddressBlock& each : filter.addresses) {
      if (!each.is_ipv6) {
        ipv4_.push_back(block(number_of(each.bytes.data(), 4), 32, each.prefix));
        continue;
      }
      const uint64_t high = number_of(each.bytes.data(), 8);
      const uint64_t low = number_of(each.bytes.data() + 8, 8);
      if (each.prefix <= 64) {
        networks_.push_back(block(high, 64, each.prefix));
      } else {
        hosts_[high].push_back(block(low, 64, each.prefix - 64));
      }
    }
  }

  void ipv4(Label in, Label out) {
    if (ipv4_.empty()) {
      builder_.jump(out);
      return;
    }
    const Value address = builder_.load(slot_, offset_, Width::k4, "address");
    builder_.add(ir::Binary{ir::BinaryOp::kByteSwap, address, int64_t{64}});
    builder_.add(ir::Binary{ir::BinaryOp::kShiftRight, address, int64_t{32}});
    test_set(builder_, set_of(ipv4_, 32), address, in, out);
  }

  void ipv6(Label in, Label out) {
    if (networks_.empty() && hosts_.empty()) {
      builder_.jump(out);
      return;
    }
    const Value high = half(0);
    if (!networks_.empty()) {
      const Label other = builder_.label("network");
      test_set(builder_, set_of(networks_, 64), high, in, other);
      builder_.place(other);
    }
    std::vector<uint64_t> networks;
    for (const auto& [network, hosts] : hosts_) networks.push_back(network);
    search(networks, high, in, out);
  }

 private:
  Value half(uint32_t at) {
    const Value out = builder_.load(slot_, offset_ + at, Width::k8, "half an address");
    builder_.add(ir::Binary{ir::BinaryOp::kByteSwap, out, int64_t{64}});
    return out;
  }

  // Which of these networks, in order, is it? Then its host decides.
  void search(std::span<const uint64_t> networks, Value high, Label in, Label out) {
    constexpr size_t kChain = 3;
    if (networks.size() > kChain) {
      const size_t middle = networks.size() / 2;
      const Label below = builder_.label("below");
      const Label above = builder_.label("above");
      builder_.branch(kLess, Width::k8, high, constant(networks[middle]), below, above);
      builder_.place(below);
      search(networks.first(middle), high, in, out);
      builder_.place(above);
      search(networks.subspan(middle), high, in, out);
      return;
    }
    for (const uint64_t network : networks) {
      const Label same = builder_.label("host");
      const Label next = builder_.label("network");
      builder_.branch(kEqual, Width::k8, high, constant(network), same, next);
      builder_.place(same);
      test_set(builder_, set_of(hosts_.at(network), 64), half(8), in, out);
      builder_.place(next);
    }
    builder_.jump(out);
  }
  static int64_t constant(uint64_t number) { return static_cast<int64_t>(number); }

  Builder& builder_;
  Value slot_;
  uint32_t offset_;
  std::vector<IntRange> ipv4_;
  std::vector<IntRange> networks_;                   // first halves
  std::map<uint64_t, std::vector<IntRange>> hosts_;  // second halves by the first one
};

void test_address(Builder& builder, const SocketFilter& filter, Value slot, uint32_t field, Value family,
                  Label no) {
  const Label yes = builder.label("yes");
  const Label ipv4 = builder.label("ipv4");
  const Label other = builder.label("family");
  const Label ipv6 = builder.label("ipv6");
  const Label in = filter.negated ? no : yes;
  const Label out = filter.negated ? yes : no;
  AddressTest test(builder, filter, slot, field);
  builder.branch(kEqual, Width::k4, family, int64_t{AF_INET}, ipv4, other);
  builder.place(other);
  builder.branch(kEqual, Width::k4, family, int64_t{AF_INET6}, ipv6, no);
  builder.place(ipv4);
  test.ipv4(in, out);
  builder.place(ipv6);
  test.ipv6(in, out);
  builder.place(yes);
}

}  // namespace

void test_socket(Builder& builder, const SocketFilter& filter, ArgType type, Value slot, const Held& held,
                 Label no) {
  const uint32_t fixed = held.fixed_offset();
  const auto at = [fixed](size_t offset) { return static_cast<uint32_t>(fixed + offset); };
  const Value status = builder.load(slot, at(offsetof(tl_field, status)), Width::k4, "status");
  builder.branch_if(kNotEqual, Width::k4, status, 0, no);
  const Place place = place_of(type, filter.field);
  if (filter.field == Part::kSourceAddress || filter.field == Part::kDestinationAddress) {
    const Value family = builder.load(slot, at(place.family), Width::k2, "family");
    test_address(builder, filter, slot, at(place.field), family, no);
    return;
  }
  const Value number = builder.load(slot, at(place.field), Width::k2, "number");
  const auto op = filter.negated ? IntFilter::Op::kNotInRange : IntFilter::Op::kInRange;
  test_integer(builder, {.op = op, .values = filter.numbers, .span = {}}, {16, false}, number, no);
}

void test_gained(Builder& builder, Value old, Value gained, Label no) {
  const Value both = builder.copy(old);
  builder.add(ir::Binary{ir::BinaryOp::kOr, both, gained});
  builder.branch_if(kEqual, Width::k8, both, old, no);
}

}  // namespace tripline
