// SPDX-License-Identifier: Apache-2.0
#include "cel/unify.h"

#include <algorithm>

namespace tripline::cel {
namespace {

using Kind = Type::Kind;

constexpr int kLargestType = 500;

bool is_any(const Type& type) { return type.kind == Kind::kDyn || type.kind == Kind::kError; }

bool takes_null(const Type& type) {
  switch (type.kind) {
    case Kind::kNull:
    case Kind::kWrapper:
    case Kind::kMessage:
    case Kind::kTimestamp:
    case Kind::kDuration:
    case Kind::kOptional:
    case Kind::kIp:
    case Kind::kCidr:
      return true;
    default:
      return false;
  }
}

bool no_less_general(const Type& left, const Type& right) {
  if (is_any(left) || left.kind == Kind::kParameter) return true;
  if (is_any(right) || right.kind == Kind::kParameter) return false;
  if (left.kind == Kind::kWrapper && right.kind != Kind::kWrapper) return true;
  if (left.kind != right.kind) return false;
  if (left.kind == Kind::kType) return true;
  return left.name == right.name && std::ranges::equal(left.of, right.of, no_less_general);
}

Type renamed(const Type& type, std::unordered_map<std::string, Type>& names, Unifier& unifier) {
  if (type.kind == Kind::kParameter) {
    const auto found = names.find(type.name);
    if (found != names.end()) return found->second;
    return names.emplace(type.name, unifier.new_variable()).first->second;
  }
  Type out{.kind = type.kind, .name = type.name, .of = {}};
  for (const Type& each : type.of) out.of.push_back(renamed(each, names, unifier));
  return out;
}

}  // namespace

Type Unifier::new_variable() {
  return {.kind = Kind::kParameter, .name = "_var" + std::to_string(variables_++), .of = {}};
}

Signature Unifier::instantiate(const Signature& signature) {
  std::unordered_map<std::string, Type> names;
  Signature out{.member = signature.member, .parameters = {}, .result = {}};
  for (const Type& each : signature.parameters) out.parameters.push_back(renamed(each, names, *this));
  out.result = renamed(signature.result, names, *this);
  return out;
}

bool Unifier::assign(const Type& from, const Type& to) { return assign_all({&from, 1}, {&to, 1}); }

bool Unifier::assign_all(std::span<const Type> from, std::span<const Type> to) {
  const size_t mark = log_.size();
  const bool out = try_all(from, to);
  if (!out) undo(mark);
  return out;
}

void Unifier::bind(const std::string& variable, Type type) {
  const auto found = bound_.find(variable);
  log_.emplace_back(variable, found == bound_.end() ? std::nullopt : std::optional(found->second));
  bound_.insert_or_assign(variable, std::move(type));
}

void Unifier::undo(size_t mark) {
  for (; log_.size() > mark; log_.pop_back()) {
    auto& [variable, before] = log_.back();
    if (before) {
      bound_.insert_or_assign(variable, *std::move(before));
    } else {
      bound_.erase(variable);
    }
  }
}

bool Unifier::try_all(std::span<const Type> from, std::span<const Type> to) {
  if (from.size() != to.size()) return false;
  for (size_t at = 0; at < from.size(); ++at)
    if (!try_assign(from[at], to[at])) return false;
  return true;
}

bool Unifier::try_assign(const Type& from, const Type& to) {
  if (--work_ < 0) return true;
  if (to.kind == Kind::kParameter) {
    const auto [well, was_bound] = substitute(from, to);
    if (well || was_bound) return well;
  }
  if (from.kind == Kind::kParameter) return substitute(to, from).first;
  if (is_any(from) || is_any(to)) return true;
  if (from.kind == Kind::kNull) return takes_null(to);
  if (to.kind == Kind::kNull) return takes_null(from);
  if (from.kind == Kind::kWrapper || to.kind == Kind::kWrapper) {
    const Type& left = from.kind == Kind::kWrapper ? from.of[0] : from;
    const Type& right = to.kind == Kind::kWrapper ? to.of[0] : to;
    return left == right;
  }
  if (from.kind != to.kind) return false;
  if (from.kind == Kind::kType) return true;
  return from.name == to.name && try_all(from.of, to.of);
}

std::pair<bool, bool> Unifier::substitute(const Type& type, const Type& variable) {
  if (type == variable) return {true, true};
  int room = kLargestType;
  const auto found = bound_.find(variable.name);
  if (found == bound_.end()) {
    if (occurs(variable.name, type, room)) return {false, false};
    bind(variable.name, type);
    return {true, false};
  }
  const Type before = found->second;
  if (type == before) return {true, true};
  if (!try_assign(type, before)) return {false, true};
  const Type& general = no_less_general(type, before) ? type : before;
  if (!occurs(variable.name, general, room)) bind(variable.name, general);
  return {true, true};
}

bool Unifier::occurs(const std::string& variable, const Type& type, int& room) const {
  if (--room < 0) return true;
  if (type.kind == Kind::kParameter) {
    if (type.name == variable) return true;
    const auto found = bound_.find(type.name);
    return found != bound_.end() && occurs(variable, found->second, room);
  }
  return std::ranges::any_of(type.of, [&](const Type& each) { return occurs(variable, each, room); });
}

Type Unifier::resolve(const Type& type, bool rest_is_dyn) const {
  int room = kLargestType;
  return resolve(type, rest_is_dyn, room);
}

Type Unifier::resolve(const Type& type, bool rest_is_dyn, int& room) const {
  if (--room < 0) return {.kind = Kind::kDyn, .name = {}, .of = {}};
  if (type.kind == Kind::kParameter) {
    const auto found = bound_.find(type.name);
    if (found != bound_.end()) return resolve(found->second, rest_is_dyn, room);
    return rest_is_dyn ? Type{.kind = Kind::kDyn, .name = {}, .of = {}} : type;
  }
  Type out{.kind = type.kind, .name = type.name, .of = {}};
  for (const Type& each : type.of) out.of.push_back(resolve(each, rest_is_dyn, room));
  return out;
}

Type Unifier::join(const std::optional<Type>& sofar, const Type& next) {
  if (!sofar) return next;
  if (assign(*sofar, next)) return no_less_general(*sofar, next) ? *sofar : next;
  return {.kind = Kind::kDyn, .name = {}, .of = {}};
}

}  // namespace tripline::cel
