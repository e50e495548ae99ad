// SPDX-License-Identifier: Apache-2.0
#include "cel/value.h"

#include <cmath>
#include <functional>

namespace tripline::cel {
namespace {

// Of keys of one kind.
size_t hash_of(const Value& key) {
  switch (key.kind()) {
    case Kind::kBool:
      return key.as<bool>() ? 1 : 2;
    case Kind::kInt:
      return std::hash<int64_t>()(key.as<int64_t>());
    case Kind::kUint:
      return std::hash<uint64_t>()(key.as<uint64_t>());
    case Kind::kString:
      return std::hash<std::string_view>()(key.as<Text>().view);
    default:
      return 0;
  }
}

bool same_key(const Value& left, const Value& right) {
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
    case Kind::kBool:
      return left.as<bool>() == right.as<bool>();
    case Kind::kInt:
      return left.as<int64_t>() == right.as<int64_t>();
    case Kind::kUint:
      return left.as<uint64_t>() == right.as<uint64_t>();
    case Kind::kString:
      return left.as<Text>().view == right.as<Text>().view;
    default:
      return false;
  }
}

constexpr double kTwo63 = 9223372036854775808.0;

// The numbers of other types that are equal to it.
std::vector<Value> equal_numbers(const Value& number) {
  std::vector<Value> out;
  if (const auto* value = number.get<int64_t>()) {
    if (*value >= 0) out.push_back({static_cast<uint64_t>(*value)});
  } else if (const auto* natural = number.get<uint64_t>()) {
    if (*natural <= INT64_MAX) out.push_back({static_cast<int64_t>(*natural)});
  } else if (const auto* real = number.get<double>()) {
    if (std::trunc(*real) != *real) return out;
    if (*real >= -kTwo63 && *real < kTwo63) out.push_back({static_cast<int64_t>(*real)});
    if (*real >= 0 && *real < 2 * kTwo63) out.push_back({static_cast<uint64_t>(*real)});
  }
  return out;
}

}  // namespace

bool Entries::add(Value key, Value value) {
  if (exact(key) != nullptr) return false;
  all_.emplace_back(std::move(key), std::move(value));
  if (all_.size() == kFew + 1) {
    for (uint32_t at = 0; at < all_.size(); ++at) by_hash_.emplace(hash_of(all_[at].first), at);
  } else if (all_.size() > kFew) {
    by_hash_.emplace(hash_of(all_.back().first), static_cast<uint32_t>(all_.size() - 1));
  }
  return true;
}

const Entries::Entry* Entries::exact(const Value& key) const {
  if (all_.size() <= kFew) {
    for (const Entry& entry : all_)
      if (same_key(entry.first, key)) return &entry;
    return nullptr;
  }
  const auto [first, last] = by_hash_.equal_range(hash_of(key));
  for (auto each = first; each != last; ++each)
    if (same_key(all_[each->second].first, key)) return &all_[each->second];
  return nullptr;
}

const Value* Entries::find(const Value& key) const {
  if (const Entry* entry = exact(key)) return &entry->second;
  for (const Value& other : equal_numbers(key))
    if (const Entry* entry = exact(other)) return &entry->second;
  return nullptr;
}

const Value* Entries::find(std::string_view key) const { return find(Value{Text{key, nullptr}}); }

bool can_be_key(const Value& value) {
  const Kind kind = value.kind();
  return kind == Kind::kBool || kind == Kind::kInt || kind == Kind::kUint || kind == Kind::kString;
}

Value text(std::string value) {
  const auto keep = std::make_shared<const std::string>(std::move(value));
  return {Text{*keep, keep}};
}

Value bytes(std::string value) {
  const auto keep = std::make_shared<const std::string>(std::move(value));
  return {Bytes{*keep, keep}};
}

Value list(std::vector<Value> items) {
  return {List{std::make_shared<const std::vector<Value>>(std::move(items))}};
}

Value map(Entries entries) { return {Map{std::make_shared<const Entries>(std::move(entries))}}; }

Value some(Value value) { return {Optional{std::make_shared<const Value>(std::move(value))}}; }

Value none() { return {Optional{}}; }

std::unexpected<std::string> failed(std::string message) { return std::unexpected(std::move(message)); }

std::unexpected<std::string> no_such_overload() { return failed("no such overload"); }

}  // namespace tripline::cel
