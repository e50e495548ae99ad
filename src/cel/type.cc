// SPDX-License-Identifier: Apache-2.0
#include "cel/type.h"

#include <array>
#include <cassert>
#include <utility>

namespace tripline::cel {
namespace {

using Kind = Type::Kind;

struct Named {
  Kind kind;
  std::string_view name;
};

constexpr auto kNames = std::to_array<Named>({
    {Kind::kError, "!error!"},
    {Kind::kDyn, "dyn"},
    {Kind::kNull, "null_type"},
    {Kind::kBool, "bool"},
    {Kind::kInt, "int"},
    {Kind::kUint, "uint"},
    {Kind::kDouble, "double"},
    {Kind::kString, "string"},
    {Kind::kBytes, "bytes"},
    {Kind::kTimestamp, "google.protobuf.Timestamp"},
    {Kind::kDuration, "google.protobuf.Duration"},
    {Kind::kList, "list"},
    {Kind::kMap, "map"},
    {Kind::kWrapper, "wrapper"},
    {Kind::kMessage, ""},
    {Kind::kOptional, "optional_type"},
    {Kind::kIp, "net.IP"},
    {Kind::kCidr, "net.CIDR"},
    {Kind::kType, "type"},
    {Kind::kParameter, ""},
});

class SignatureParser {
 public:
  explicit SignatureParser(std::string_view text) : rest_(text) {}

  Signature run() {
    Signature out;
    if (!rest_.starts_with('(')) {
      out.member = true;
      out.parameters.push_back(type());
      take('.');
    }
    for (Type& each : types()) out.parameters.push_back(std::move(each));
    rest_.remove_prefix(std::string_view(" -> ").size());
    out.result = type();
    assert(rest_.empty());
    return out;
  }

 private:
  void take(char expected) {
    assert(rest_.starts_with(expected));
    (void)expected;
    rest_.remove_prefix(1);
  }

  std::vector<Type> types() {
    std::vector<Type> out;
    take('(');
    while (!rest_.starts_with(')')) {
      out.push_back(type());
      if (rest_.starts_with(", ")) rest_.remove_prefix(2);
    }
    take(')');
    return out;
  }

  Type type() {
    const std::string_view word = rest_.substr(0, rest_.find_first_of(".(), "));
    rest_.remove_prefix(word.size());
    if (word.size() == 1) return {.kind = Kind::kParameter, .name = std::string(word)};
    const Kind kind = kind_of(word);
    const bool has_types = kind == Kind::kList || kind == Kind::kMap || kind == Kind::kOptional ||
                           kind == Kind::kType || kind == Kind::kWrapper;
    return {.kind = kind, .of = has_types ? types() : std::vector<Type>()};
  }

  static Kind kind_of(std::string_view word) {
    if (word == "timestamp") return Kind::kTimestamp;
    if (word == "duration") return Kind::kDuration;
    if (word == "null") return Kind::kNull;
    if (word == "optional") return Kind::kOptional;
    if (word == "ip") return Kind::kIp;
    if (word == "cidr") return Kind::kCidr;
    for (const Named& each : kNames)
      if (each.name == word) return each.kind;
    assert(false && "no such type");
    return Kind::kDyn;
  }

  std::string_view rest_;
};

}  // namespace

Type list_of(Type element) { return {.kind = Kind::kList, .of = {std::move(element)}}; }
Type map_of(Type key, Type value) { return {.kind = Kind::kMap, .of = {std::move(key), std::move(value)}}; }
Type optional_of(Type value) { return {.kind = Kind::kOptional, .of = {std::move(value)}}; }
Type type_of(Type instance) { return {.kind = Kind::kType, .of = {std::move(instance)}}; }

std::string to_text(const Type& type) {
  if (type.kind == Kind::kMessage || type.kind == Kind::kParameter) return type.name;
  std::string out(kNames[static_cast<size_t>(type.kind)].name);
  if (type.of.empty()) return out;
  for (size_t at = 0; at < type.of.size(); ++at) out += (at == 0 ? "(" : ", ") + to_text(type.of[at]);
  return out + ")";
}

Signature parse_signature(std::string_view text) { return SignatureParser(text).run(); }

}  // namespace tripline::cel
