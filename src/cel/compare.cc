// SPDX-License-Identifier: Apache-2.0
#include "cel/compare.h"

#include <algorithm>

#include "cel/message.h"

namespace tripline::cel {
namespace {

using Ordering = std::partial_ordering;

constexpr double kTwo63 = 9223372036854775808.0;

// Exact, where turning the integer into a double is not.
Ordering against(int64_t left, double right) {
  if (right != right) return Ordering::unordered;
  if (right >= kTwo63) return Ordering::less;
  if (right < -kTwo63) return Ordering::greater;
  const auto whole = static_cast<int64_t>(right);
  if (left != whole) return left <=> whole;
  return 0.0 <=> right - static_cast<double>(whole);
}

Ordering against(uint64_t left, double right) {
  if (right != right) return Ordering::unordered;
  if (right >= 2 * kTwo63) return Ordering::less;
  if (right < 0) return Ordering::greater;
  const auto whole = static_cast<uint64_t>(right);
  if (left != whole) return left <=> whole;
  return 0.0 <=> right - static_cast<double>(whole);
}

Ordering against(int64_t left, uint64_t right) {
  if (left < 0) return Ordering::less;
  return static_cast<uint64_t>(left) <=> right;
}

Ordering turned(Ordering ordering) { return 0 <=> ordering; }

std::optional<Ordering> order_numbers(const Value& left, const Value& right) {
  if (const auto* a = left.get<int64_t>()) {
    if (const auto* b = right.get<int64_t>()) return *a <=> *b;
    if (const auto* b = right.get<uint64_t>()) return against(*a, *b);
    if (const auto* b = right.get<double>()) return against(*a, *b);
  } else if (const auto* natural = left.get<uint64_t>()) {
    if (const auto* b = right.get<uint64_t>()) return *natural <=> *b;
    if (const auto* b = right.get<int64_t>()) return turned(against(*b, *natural));
    if (const auto* b = right.get<double>()) return against(*natural, *b);
  } else if (const auto* real = left.get<double>()) {
    if (const auto* b = right.get<double>()) return *real <=> *b;
    if (const auto* b = right.get<int64_t>()) return turned(against(*b, *real));
    if (const auto* b = right.get<uint64_t>()) return turned(against(*b, *real));
  }
  return std::nullopt;
}

bool equal_entries(Frame& frame, const Entries& left, const Entries& right) {
  return left.size() == right.size() && std::ranges::all_of(left.all(), [&](const Entries::Entry& entry) {
           const Value* other = right.find(entry.first);
           return other != nullptr && equal(frame, entry.second, *other);
         });
}

// Of one kind.
bool equal_alike(Frame& frame, const Value& left, const Value& right) {
  switch (left.kind()) {
    case Kind::kNull:
      return true;
    case Kind::kBool:
      return left.as<bool>() == right.as<bool>();
    case Kind::kString:
      return frame.spend_on_bytes(left.as<Text>().view.size()) &&
             left.as<Text>().view == right.as<Text>().view;
    case Kind::kBytes:
      return frame.spend_on_bytes(left.as<Bytes>().view.size()) &&
             left.as<Bytes>().view == right.as<Bytes>().view;
    case Kind::kList:
      return std::ranges::equal(*left.as<List>().items, *right.as<List>().items,
                                [&](const Value& a, const Value& b) { return equal(frame, a, b); });
    case Kind::kMap:
      return equal_entries(frame, *left.as<Map>().entries, *right.as<Map>().entries);
    case Kind::kTimestamp:
      return left.as<Timestamp>() == right.as<Timestamp>();
    case Kind::kDuration:
      return left.as<Duration>() == right.as<Duration>();
    case Kind::kType:
      return left.as<TypeName>() == right.as<TypeName>();
    case Kind::kMessage:
      return equal_messages(left.as<MessageRef>(), right.as<MessageRef>());
    case Kind::kOptional: {
      const auto& a = left.as<Optional>().value;
      const auto& b = right.as<Optional>().value;
      return a == nullptr || b == nullptr ? a == b : equal(frame, *a, *b);
    }
    case Kind::kIp:
      return left.as<Ip>() == right.as<Ip>();
    case Kind::kCidr:
      return left.as<Cidr>() == right.as<Cidr>();
    case Kind::kInt:
    case Kind::kUint:
    case Kind::kDouble:
      break;
  }
  return false;
}

}  // namespace

bool equal(Frame& frame, const Value& left, const Value& right) {
  if (!frame.spend(1)) return false;
  if (const auto ordering = order_numbers(left, right)) return *ordering == 0;
  return left.kind() == right.kind() && equal_alike(frame, left, right);
}

std::optional<std::partial_ordering> order(const Value& left, const Value& right) {
  if (const auto ordering = order_numbers(left, right)) return ordering;
  if (left.kind() != right.kind()) return std::nullopt;
  switch (left.kind()) {
    case Kind::kBool:
      return left.as<bool>() <=> right.as<bool>();
    case Kind::kString:
      return left.as<Text>().view <=> right.as<Text>().view;
    case Kind::kBytes:
      return left.as<Bytes>().view <=> right.as<Bytes>().view;
    case Kind::kTimestamp:
      return left.as<Timestamp>() <=> right.as<Timestamp>();
    case Kind::kDuration:
      return left.as<Duration>() <=> right.as<Duration>();
    default:
      return std::nullopt;
  }
}

}  // namespace tripline::cel
