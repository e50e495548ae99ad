// SPDX-License-Identifier: Apache-2.0
#include "oracle/network.h"

#include <algorithm>

namespace tripline::oracle {
namespace {

using Field = SocketFilter::Field;

constexpr uint16_t kUnix = 1;
constexpr uint16_t kIpv4 = 2;
constexpr uint16_t kIpv6 = 10;
constexpr uint16_t kTcp = 6;
constexpr uint16_t kUdp = 17;

const std::vector<uint16_t> kFamilies = {kIpv4, kIpv4, kIpv4, kIpv6, kIpv6, kIpv6, kUnix, 0, 16};

std::array<uint8_t, 16> near(Random& random, std::array<uint8_t, 16> address) {
  if (random.chance(40)) {
    const uint32_t bit = random.below(128);
    address[bit / 8] ^= static_cast<uint8_t>(0x80 >> bit % 8);
  }
  return address;
}

uint16_t near(Random& random, uint16_t number) {
  if (random.chance(20)) return static_cast<uint16_t>(number + 1);
  if (random.chance(20)) return static_cast<uint16_t>(number - 1);
  return number;
}

std::vector<Field> fields_of(ArgType type) {
  if (type == ArgType::kSockaddrUn) return {Field::kFamily};
  std::vector<Field> out = {Field::kSourceAddress, Field::kSourceAddress, Field::kSourcePort, Field::kFamily};
  if (type == ArgType::kSockaddr) return out;
  out.insert(out.end(), {Field::kDestinationAddress, Field::kDestinationPort, Field::kProtocol});
  if (type != ArgType::kSkb) out.push_back(Field::kState);
  return out;
}

AddressBlock random_block(Random& random, const NetworkPool& pool) {
  AddressBlock out{.is_ipv6 = random.chance(50), .bytes = near(random, random.pick(pool.addresses))};
  const uint32_t bits = out.is_ipv6 ? 128 : 32;
  static const std::vector<uint32_t> kPrefixes = {0, 1, 8, 24, 31, 32, 33, 63, 64, 65, 96, 127, 128};
  out.prefix = random.chance(40) ? bits : std::min(bits, random.pick(kPrefixes));
  for (uint32_t bit = out.prefix; bit < 128; ++bit) {
    out.bytes[bit / 8] &= static_cast<uint8_t>(~(0x80u >> bit % 8));
  }
  return out;
}

}  // namespace

NetworkPool random_network_pool(Random& random) {
  NetworkPool out;
  std::array<uint8_t, 16> address = {};
  for (uint8_t& byte : address) byte = static_cast<uint8_t>(random.below(256));
  for (int n = 0; n < 8; ++n) {
    out.addresses.push_back(address);
    address[random.chance(50) ? random.below(4) : random.below(16)] = static_cast<uint8_t>(random.below(256));
  }
  out.addresses.push_back({});
  out.numbers = {0, 1, 6, 12, 17, 1023, 1024, 65535};
  for (int n = 0; n < 4; ++n) out.numbers.push_back(static_cast<uint16_t>(random.below(65536)));
  return out;
}

Endpoint random_endpoint(Random& random, const NetworkPool& pool, ArgType type) {
  Endpoint out;
  out.readable = !random.chance(3);
  out.family = random.pick(kFamilies);
  const bool packet = type == ArgType::kSkb;
  const bool address = type == ArgType::kSockaddr;
  if (packet && out.family != kIpv4 && out.family != kIpv6) out.family = 0;
  out.mark = random.below(1000);
  out.priority = random.below(1000);
  if (packet) {
    out.hash = random.below(1000);
    out.length = random.below(1000);
  } else if (!address) {
    out.type = static_cast<uint16_t>(random.below(6));
    out.protocol = near(random, random.pick(pool.numbers));
    out.state = static_cast<uint16_t>(random.below(14));
  }
  if (out.family != kIpv4 && out.family != kIpv6) return out;
  const size_t bytes = out.family == kIpv4 ? 4 : 16;
  const auto from = near(random, random.pick(pool.addresses));
  const auto to = near(random, random.pick(pool.addresses));
  std::copy_n(from.begin(), bytes, out.source.begin());
  if (!address) std::copy_n(to.begin(), bytes, out.destination.begin());
  if (packet) out.protocol = random.chance(70) ? (random.chance(50) ? kTcp : kUdp) : uint16_t{58};
  if (packet && out.protocol != kTcp && out.protocol != kUdp) return out;
  out.source_port = near(random, random.pick(pool.numbers));
  if (!address) out.destination_port = near(random, random.pick(pool.numbers));
  return out;
}

SocketFilter random_socket_filter(Random& random, const NetworkPool& pool, uint32_t arg, ArgType type,
                                  uint32_t values) {
  SocketFilter out{
      .arg = arg, .field = random.pick(fields_of(type)), .addresses = {}, .numbers = {}, .span = {}};
  const bool addresses = out.field == Field::kSourceAddress || out.field == Field::kDestinationAddress;
  const bool ports = out.field == Field::kSourcePort || out.field == Field::kDestinationPort;
  out.negated = (addresses || ports) && random.chance(40);
  const uint32_t count = random.chance(5) ? 0 : 1 + random.below(values);
  for (uint32_t n = 0; n < count; ++n) {
    if (addresses) {
      out.addresses.push_back(random_block(random, pool));
      continue;
    }
    const uint16_t first = out.field == Field::kFamily  ? random.pick(kFamilies)
                           : out.field == Field::kState ? static_cast<uint16_t>(1 + random.below(12))
                                                        : near(random, random.pick(pool.numbers));
    const uint16_t last = random.chance(60) ? first : near(random, random.pick(pool.numbers));
    out.numbers.push_back({std::min(first, last), std::max(first, last)});
  }
  return out;
}

std::string describe_socket(const SocketFilter& filter) {
  static const std::vector<std::string> kNames = {"SAddr",    "DAddr",  "SPort", "DPort",
                                                  "Protocol", "Family", "State"};
  std::string out = "args[" + std::to_string(filter.arg) + "] " + (filter.negated ? "Not" : "") +
                    kNames.at(static_cast<size_t>(filter.field));
  for (const AddressBlock& each : filter.addresses) {
    out += (each.is_ipv6 ? " ipv6 " : " ipv4 ") + shown(std::string(each.bytes.begin(), each.bytes.end())) +
           "/" + std::to_string(each.prefix);
  }
  for (const IntRange& each : filter.numbers) {
    out += ' ' + std::to_string(each.low) + ':' + std::to_string(each.high);
  }
  return out;
}

}  // namespace tripline::oracle
