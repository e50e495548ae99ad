// SPDX-License-Identifier: Apache-2.0
#include "cel/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "cel/function.h"
#include "cel/points.h"

namespace tripline::cel {
namespace {

constexpr std::array<uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

std::string shown(std::string_view text) {
  constexpr size_t kShown = 100;
  return "'" + valid_utf8(text.substr(0, kShown)) + "'";
}

int bits(const Ip& ip) { return ip.four ? 32 : 128; }

// Zeros after the prefix.
Ip masked(Ip ip, int prefix) {
  for (int at = 0; at < bits(ip) / 8; ++at) {
    const int keep = std::clamp(prefix - (at * 8), 0, 8);
    ip.bytes[static_cast<size_t>(at)] &= static_cast<uint8_t>(0xFF00U >> keep);
  }
  return ip;
}

bool contains(const Cidr& network, const Ip& ip) {
  return network.ip.four == ip.four && masked(ip, network.prefix) == masked(network.ip, network.prefix);
}

bool contains(const Cidr& network, const Cidr& other) {
  return other.prefix >= network.prefix && contains(network, other.ip);
}

bool is_unspecified(const Ip& ip) { return ip == Ip{.four = ip.four}; }
bool is_loopback(const Ip& ip) {
  if (ip.four) return ip.bytes[0] == 127;
  Ip one;
  one.bytes[15] = 1;
  return ip == one;
}
bool is_multicast(const Ip& ip) { return ip.four ? (ip.bytes[0] & 0xF0) == 0xE0 : ip.bytes[0] == 0xFF; }
bool is_link_local_multicast(const Ip& ip) {
  if (ip.four) return ip.bytes[0] == 224 && ip.bytes[1] == 0 && ip.bytes[2] == 0;
  return ip.bytes[0] == 0xFF && (ip.bytes[1] & 0x0F) == 2;
}
bool is_link_local_unicast(const Ip& ip) {
  if (ip.four) return ip.bytes[0] == 169 && ip.bytes[1] == 254;
  return ip.bytes[0] == 0xFE && (ip.bytes[1] & 0xC0) == 0x80;
}
bool is_broadcast(const Ip& ip) {
  return ip.four &&
         std::ranges::all_of(std::span(ip.bytes).first(4), [](uint8_t byte) { return byte == 0xFF; });
}
bool is_global_unicast(const Ip& ip) {
  return !is_broadcast(ip) && !is_unspecified(ip) && !is_loopback(ip) && !is_multicast(ip) &&
         !is_link_local_unicast(ip);
}

std::string_view view(const Value& value) { return value.as<Text>().view; }

template <typename T>
Outcome outcome(std::expected<T, std::string> made) {
  if (!made) return failed(std::move(made).error());
  return Value{*made};
}

Outcome make_ip(Frame& /*frame*/, Arguments arguments) { return outcome(read_ip(view(arguments[0]))); }
Outcome make_cidr(Frame& /*frame*/, Arguments arguments) { return outcome(read_cidr(view(arguments[0]))); }

template <bool (*holds)(const Ip&)>
Outcome is(Frame& /*frame*/, Arguments arguments) {
  return boolean(holds(arguments[0].as<Ip>()));
}

Outcome is_canonical(Frame& /*frame*/, Arguments arguments) {
  const auto ip = read_ip(view(arguments[0]));
  if (!ip) return failed(ip.error());
  return boolean(to_text(*ip) == view(arguments[0]));
}

Outcome contains_ip_text(Frame& /*frame*/, Arguments arguments) {
  const auto ip = read_ip(view(arguments[1]));
  if (!ip) return failed(ip.error());
  return boolean(contains(arguments[0].as<Cidr>(), *ip));
}

Outcome contains_cidr_text(Frame& /*frame*/, Arguments arguments) {
  const auto cidr = read_cidr(view(arguments[1]));
  if (!cidr) return failed(cidr.error());
  return boolean(contains(arguments[0].as<Cidr>(), *cidr));
}

Outcome masked_cidr(Frame& /*frame*/, Arguments arguments) {
  const Cidr& cidr = arguments[0].as<Cidr>();
  return Value{Cidr{masked(cidr.ip, cidr.prefix), cidr.prefix}};
}

constexpr auto kRows = std::to_array<FunctionRow>({
    {"ip", "(string) -> ip", make_ip},
    {"isIP", "(string) -> bool",
     [](Frame&, Arguments a) -> Outcome { return boolean(read_ip(view(a[0])).has_value()); }},
    {"ip.isCanonical", "(string) -> bool", is_canonical},
    {"family", "ip.() -> int",
     [](Frame&, Arguments a) -> Outcome { return Value{int64_t{a[0].as<Ip>().four ? 4 : 6}}; }},
    {"isUnspecified", "ip.() -> bool", is<is_unspecified>},
    {"isLoopback", "ip.() -> bool", is<is_loopback>},
    {"isLinkLocalMulticast", "ip.() -> bool", is<is_link_local_multicast>},
    {"isLinkLocalUnicast", "ip.() -> bool", is<is_link_local_unicast>},
    {"isGlobalUnicast", "ip.() -> bool", is<is_global_unicast>},
    {"string", "(ip) -> string", [](Frame&, Arguments a) -> Outcome { return text(to_text(a[0].as<Ip>())); }},
    {"cidr", "(string) -> cidr", make_cidr},
    {"isCIDR", "(string) -> bool",
     [](Frame&, Arguments a) -> Outcome { return boolean(read_cidr(view(a[0])).has_value()); }},
    {"containsIP", "cidr.(ip) -> bool",
     [](Frame&, Arguments a) -> Outcome { return boolean(contains(a[0].as<Cidr>(), a[1].as<Ip>())); }},
    {"containsIP", "cidr.(string) -> bool", contains_ip_text},
    {"containsCIDR", "cidr.(cidr) -> bool",
     [](Frame&, Arguments a) -> Outcome { return boolean(contains(a[0].as<Cidr>(), a[1].as<Cidr>())); }},
    {"containsCIDR", "cidr.(string) -> bool", contains_cidr_text},
    {"ip", "cidr.() -> ip", [](Frame&, Arguments a) -> Outcome { return Value{a[0].as<Cidr>().ip}; }},
    {"masked", "cidr.() -> cidr", masked_cidr},
    {"prefixLength", "cidr.() -> int",
     [](Frame&, Arguments a) -> Outcome { return Value{int64_t{a[0].as<Cidr>().prefix}}; }},
    {"string", "(cidr) -> string",
     [](Frame&, Arguments a) -> Outcome { return text(to_text(a[0].as<Cidr>())); }},
});

}  // namespace

std::expected<Ip, std::string> read_ip(std::string_view text) {
  if (text.find('%') != std::string_view::npos)
    return std::unexpected("IP Address " + shown(text) + " with zone value is not allowed");
  constexpr size_t kLongest = 64;
  const std::string name(text.substr(0, kLongest));
  const bool six = name.find(':') != std::string::npos;
  Ip out{.four = !six};
  if (text.size() > kLongest || name.find('\0') != std::string::npos ||
      inet_pton(six ? AF_INET6 : AF_INET, name.c_str(), out.bytes.data()) != 1)
    return std::unexpected("IP Address " + shown(text) + " parse error during conversion from string");
  if (!six || !std::ranges::equal(std::span(out.bytes).first(kMapped.size()), kMapped)) return out;
  return std::unexpected("IPv4-mapped IPv6 address " + shown(text) + " is not allowed");
}

std::expected<Cidr, std::string> read_cidr(std::string_view text) {
  if (text.find('%') != std::string_view::npos)
    return std::unexpected("CIDR " + shown(text) + " with zone value is not allowed");
  const auto wrong = [text] {
    return std::unexpected("network address parse error during conversion from string: " + shown(text));
  };
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return wrong();
  const std::string_view address = text.substr(0, slash);
  const std::string_view digits = text.substr(slash + 1);
  const auto ip = read_ip(address);
  if (!ip) return ip.error().starts_with("IPv4-mapped") ? std::unexpected(ip.error()) : wrong();
  if (digits.empty() || digits.size() > 3 || (digits.size() > 1 && digits[0] == '0') ||
      digits.find_first_not_of("0123456789") != std::string_view::npos)
    return wrong();
  Cidr out{.ip = *ip};
  for (const char digit : digits) out.prefix = (out.prefix * 10) + (digit - '0');
  if (out.prefix > bits(*ip)) return wrong();
  return out;
}

std::string to_text(const Ip& ip) {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  return inet_ntop(ip.four ? AF_INET : AF_INET6, ip.bytes.data(), buffer.data(), buffer.size());
}

std::string to_text(const Cidr& cidr) { return to_text(cidr.ip) + "/" + std::to_string(cidr.prefix); }

FunctionTable network_extension() { return kRows; }

}  // namespace tripline::cel
