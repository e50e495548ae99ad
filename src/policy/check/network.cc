// SPDX-License-Identifier: Apache-2.0
// Filters on addresses, ports and what else sockets and packets have. Numbers that no field can hold are accepted, as
// the language has it, and never match.
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "policy/check/check.h"
#include "policy/check/constants.h"
#include "policy/meaning.h"

namespace tripline::policy {
namespace {

using Field = SocketFilter::Field;

constexpr int64_t kLargestNumber = 65535;
constexpr int64_t kFirstState = 1;
constexpr int64_t kLastState = 12;
constexpr int64_t kLastPrivileged = 1023;
constexpr uint32_t kIpv4Bits = 32;
constexpr uint32_t kIpv6Bits = 128;

std::string_view expected_of(Field field) {
  switch (field) {
    case Field::kSourceAddress:
    case Field::kDestinationAddress:
      return "an IPv4 or IPv6 address, alone or with \"/\" and a prefix length";
    case Field::kSourcePort:
    case Field::kDestinationPort:
      return "a decimal port, or two separated by a colon";
    case Field::kProtocol:
      return "a name such as IPPROTO_TCP, a number, or two separated by a colon";
    case Field::kFamily:
      return "a name such as AF_INET, a number, or two separated by a colon";
    case Field::kState:
      return "a name such as TCP_LISTEN, a number, or two separated by a colon";
  }
  return "";
}

std::string_view what_of(Field field) {
  switch (field) {
    case Field::kSourceAddress:
    case Field::kDestinationAddress:
      return "address";
    case Field::kSourcePort:
    case Field::kDestinationPort:
      return "port";
    case Field::kProtocol:
      return "protocol";
    case Field::kFamily:
      return "address family";
    case Field::kState:
      return "state";
  }
  return "";
}

bool is_address(Field field) { return field == Field::kSourceAddress || field == Field::kDestinationAddress; }

std::optional<uint32_t> named(Field field, std::string_view text) {
  switch (field) {
    case Field::kProtocol:
      return protocol_number(text);
    case Field::kFamily:
      return family_number(text);
    case Field::kState:
      return state_number(text);
    default:
      return std::nullopt;
  }
}

// Digits alone; what is too large for a field is kept above all that it can hold.
std::optional<int64_t> decimal(std::string_view text) {
  uint64_t number = 0;
  const char* const begin = std::to_address(text.begin());
  const char* const end = begin + text.size();
  const auto [at, error] = std::from_chars(begin, end, number);
  if (at != end || error != std::errc{}) return std::nullopt;
  return static_cast<int64_t>(std::min(number, static_cast<uint64_t>(kLargestNumber + 1)));
}

std::optional<AddressBlock> parse_block(const std::string& text) {
  AddressBlock out;
  const size_t slash = text.find('/');
  const std::string address = text.substr(0, slash);
  if (address.find('\0') != std::string::npos) return std::nullopt;
  if (inet_pton(AF_INET, address.c_str(), out.bytes.data()) != 1) {
    if (inet_pton(AF_INET6, address.c_str(), out.bytes.data()) != 1) return std::nullopt;
    out.is_ipv6 = true;
  }
  const uint32_t bits = out.is_ipv6 ? kIpv6Bits : kIpv4Bits;
  out.prefix = bits;
  if (slash != std::string::npos) {
    const std::string_view length = std::string_view(text).substr(slash + 1);
    const auto number = decimal(length);
    const bool padded = length.size() > 1 && length[0] == '0';
    if (!number || padded || *number > bits) return std::nullopt;
    out.prefix = static_cast<uint32_t>(*number);
  }
  for (uint32_t bit = out.prefix; bit < kIpv6Bits; ++bit) {
    out.bytes[bit / 8] &= static_cast<uint8_t>(~(0x80u >> bit % 8));
  }
  return out;
}

class SocketCheck {
 public:
  explicit SocketCheck(const ArgCheck& check)
      : check_(check), meaning_(row_with(kSocketMeanings, &SocketMeaning::word, check.filter.op.value)) {}

  SocketFilter run() {
    SocketFilter out{.arg = check_.arg,
                     .field = meaning_.field,
                     .negated = meaning_.negated,
                     .addresses = {},
                     .numbers = {},
                     .span = check_.filter.span};
    const auto& values = check_.filter.values;
    if (meaning_.privileged) {
      out.numbers.push_back({0, kLastPrivileged});
      if (!values.empty()) {
        check_.checking.out.warning(values.front().span, "the values of " +
                                                             std::string(word(check_.filter.op.value)) +
                                                             " have no effect: it matches ports below 1024");
      }
      return out;
    }
    if (values.empty()) {
      check_.checking.out.error(check_.filter.op.span, "this filter has no values",
                                std::string(expected_of(meaning_.field)));
    }
    for (const Text& text : values) {
      if (!is_address(meaning_.field)) {
        if (const auto range = numbers(text)) out.numbers.push_back(*range);
      } else if (const auto block = parse_block(text.value)) {
        out.addresses.push_back(*block);
      } else {
        wrong(text);
      }
    }
    return out;
  }

 private:
  // Absent when there is no such number, which is reported, or when no field holds any of them.
  std::optional<IntRange> numbers(const Text& text) {
    const std::string_view value = text.value;
    const size_t colon = value.find(':');
    IntRange out;
    if (const auto name = named(meaning_.field, value)) {
      out = {*name, *name};
    } else {
      const auto low = decimal(value.substr(0, colon));
      const auto high = colon == std::string_view::npos ? low : decimal(value.substr(colon + 1));
      if (!low || !high) {
        wrong(text);
        return std::nullopt;
      }
      out = {std::min(*low, *high), std::max(*low, *high)};
    }
    const bool state = meaning_.field == Field::kState;
    const IntRange held = {std::max(out.low, state ? kFirstState : 0),
                           std::min(out.high, state ? kLastState : kLargestNumber)};
    if (held.low <= held.high) return held;
    check_.checking.out.warning(text.span,
                                "no " + std::string(what_of(meaning_.field)) + " is in " + quoted(value));
    return std::nullopt;
  }

  void wrong(const Text& text) {
    check_.checking.out.error(text.span,
                              quoted(text.value) + " is not a valid " + std::string(what_of(meaning_.field)),
                              std::string(expected_of(meaning_.field)));
  }

  const ArgCheck& check_;
  SocketMeaning meaning_;
};

}  // namespace

Filter check_socket_filter(const ArgCheck& check) { return SocketCheck(check).run(); }

}  // namespace tripline::policy
