// SPDX-License-Identifier: Apache-2.0
#include "crd/schema.h"

#include <array>
#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "crd/about.h"
#include "policy/parse/schema.h"
#include "policy/policy.h"
#include "policy/words.h"

namespace tripline::crd {
namespace {

using policy::LabelSelector;
using policy::Mapping;
using Object = Tree::Object;

constexpr int kLongestLabelValue = 63;
constexpr const char* kLabelValue = "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$";
constexpr int kMostTags = 16;

// --- every field has its row ---------------------------------------------------------------------

template <typename T>
constexpr bool fully_described() {
  constexpr auto rows = about(static_cast<const T*>(nullptr));
  constexpr auto names = std::apply(
      [](const auto&... field) { return std::array<std::string_view, sizeof...(field)>{field.name...}; },
      policy::fields(static_cast<const T*>(nullptr)));
  if (rows.size() != names.size()) return false;
  for (size_t at = 0; at < names.size(); ++at)
    if (rows[at].field != names[at] || rows[at].text.empty()) return false;
  return true;
}

// --- types ---------------------------------------------------------------------------------------

// A type as an object, which its place may add to.
template <std::integral T>
Object type_of(const Located<T>*) {
  return {{"type", "integer"}, {"format", sizeof(T) == 8 ? "int64" : "int32"}};
}
Object type_of(const policy::Text*) { return {{"type", "string"}}; }
Object type_of(const policy::Flag*) { return {{"type", "boolean"}}; }

template <typename E>
  requires std::is_enum_v<E>
Object type_of(const Located<E>*) {
  Tree::List words(policy::Words<E>::all.begin(), policy::Words<E>::all.end());
  return {{"type", "string"}, {"enum", std::move(words)}};
}
// Spellings that the definitions of other agents take, too, and no more of them: what one cluster stores, all can read.
template <>
Object type_of(const Located<policy::DeclaredType>*) {
  Tree::List words(policy::Words<policy::DeclaredType>::all.begin(),
                   policy::Words<policy::DeclaredType>::all.end());
  for (const auto& [spelling, value] : policy::Words<policy::DeclaredType>::also)
    if (!spelling.empty()) words.emplace_back(spelling);
  return {{"type", "string"}, {"enum", std::move(words)}};
}
template <>
Object type_of(const Located<policy::Operator>*) {
  Tree::List words(policy::Words<policy::Operator>::all.begin(), policy::Words<policy::Operator>::all.end());
  words.emplace_back("GreaterThan");
  words.emplace_back("LessThan");
  return {{"type", "string"}, {"enum", std::move(words)}};
}

template <Mapping T>
Object type_of(const T*);

template <typename T>
Object type_of(const std::optional<T>*) {
  return type_of(static_cast<const T*>(nullptr));
}
template <typename T>
Object type_of(const std::vector<T>*) {
  return {{"type", "array"}, {"items", type_of(static_cast<const T*>(nullptr))}};
}
template <typename T>
Object type_of(const std::map<std::string, T>*) {
  return {{"type", "object"}, {"additionalProperties", type_of(static_cast<const T*>(nullptr))}};
}

// --- rules between fields ------------------------------------------------------------------------

Tree rules(std::initializer_list<Tree> list) { return Tree::List(list); }
Tree rule(const char* expression, const char* message) {
  return object({{"rule", expression}, {"message", message}});
}
Tree return_rule() {
  return rule("!(has(self.__return__) && self.__return__) || has(self.returnArg)",
              "\"return\" is true and \"returnArg\" is missing");
}

template <typename T>
void add_rules(Object&, const T*) {}
void add_rules(Object& schema, const policy::FunctionHook*) {
  schema.push_back({"x-kubernetes-validations", rules({return_rule()})});
}
void add_rules(Object& schema, const policy::UprobeHook*) {
  schema.push_back(
      {"x-kubernetes-validations",
       rules(
           {rule("(has(self.symbols) ? 1 : 0) + (has(self.addrs) ? 1 : 0) + (has(self.offsets) ? 1 : 0) <= 1",
                 "symbols, offsets and addrs are mutually exclusive"),
            return_rule()})});
}
void add_rules(Object& schema, const policy::Action*) {
  schema.push_back({"x-kubernetes-validations",
                    rules({rule("(has(self.argNewSymbol) ? 1 : 0) + (has(self.argNewAddr) ? 1 : 0) + "
                                "(has(self.argNewOffset) ? 1 : 0) <= 1",
                                "argNewSymbol, argNewAddr and argNewOffset are mutually exclusive")})});
}
// What the API server calls atomic is replaced as a whole by a server-side apply.
void add_rules(Object& schema, const LabelSelector*) {
  schema.push_back({"x-kubernetes-map-type", "atomic"});
}

// --- a field in its place ------------------------------------------------------------------------

Tree* find(Object& schema, std::string_view key) {
  for (Member& each : schema)
    if (each.key == key) return &each.value;
  return nullptr;
}

Object& items_or_self(Object& schema) {
  Tree* items = find(schema, "items");
  return items != nullptr ? std::get<Object>(items->is) : schema;
}

Tree fallback_value(std::string_view text) {
  if (text == "true" || text == "false") return text == "true";
  return text.substr(1, text.size() - 2);  // between quotes
}

// What holds for a field only in this mapping.
template <typename Parent, typename Member_>
void add_place(Object& schema, const Parent*, const policy::Field<Parent, Member_>& field) {
  if constexpr (std::is_same_v<Parent, LabelSelector>) {
    if constexpr (std::is_same_v<Member_, std::map<std::string, policy::Text>>) {
      auto& value = std::get<Object>(find(schema, "additionalProperties")->is);
      value.push_back({"maxLength", kLongestLabelValue});
      value.push_back({"pattern", kLabelValue});
    } else {
      schema.push_back({"x-kubernetes-list-type", "atomic"});
    }
  }
  if constexpr (std::is_same_v<Parent, policy::LabelRequirement>) {
    if (field.name == "values") schema.push_back({"x-kubernetes-list-type", "atomic"});
  }
  if constexpr (std::is_same_v<Member_, std::optional<LabelSelector>>) {
    if (field.name == "hostSelector") {
      schema.push_back(
          {"x-kubernetes-validations", rules({rule("!has(self.matchLabels) && !has(self.matchExpressions)",
                                                   "hostSelector cannot have conditions")})});
    }
  }
  // A hook of the kernel has no digests, one of user space no missing function.
  if constexpr (std::is_same_v<Member_, std::optional<policy::Ignore>>) {
    auto& properties = std::get<Object>(find(schema, "properties")->is);
    const std::string_view other =
        std::is_same_v<Parent, policy::UprobeHook> ? "callNotFound" : "digestVerificationFailure";
    std::erase_if(properties, [&](const Member& each) { return each.key == other; });
  }
}

template <Mapping T>
Object type_of(const T*) {
  static_assert(fully_described<T>(), "about.h and the parser's table differ");
  constexpr auto rows = about(static_cast<const T*>(nullptr));
  Tree::List required;
  Object properties;
  size_t at = 0;
  const auto add = [&]<typename Member_>(const policy::Field<T, Member_>& field) {
    const About& row = rows[at++];
    Object schema = type_of(static_cast<const Member_*>(nullptr));
    schema.insert(schema.begin(), {"description", row.text});
    if (!row.fallback.empty()) schema.push_back({"default", fallback_value(row.fallback)});
    if (row.bound == Bound::kFromZero) items_or_self(schema).push_back({"minimum", 0});
    if (row.bound == Bound::kMostOne) schema.push_back({"maxItems", 1});
    if (row.bound == Bound::kMostSixteen) schema.push_back({"maxItems", kMostTags});
    add_place(schema, static_cast<const T*>(nullptr), field);
    properties.push_back({std::string(field.name), std::move(schema)});
    if (field.required || row.needed) required.emplace_back(field.name);
  };
  std::apply([&](const auto&... field) { (add(field), ...); },
             policy::fields(static_cast<const T*>(nullptr)));
  Object schema{{"type", "object"}};
  if (!required.empty()) schema.push_back({"required", std::move(required)});
  schema.push_back({"properties", std::move(properties)});
  add_rules(schema, static_cast<const T*>(nullptr));
  return schema;
}

}  // namespace

Tree spec_schema() { return type_of(static_cast<const policy::Spec*>(nullptr)); }

}  // namespace tripline::crd
