// SPDX-License-Identifier: Apache-2.0
#include "client/shape.h"

#include <algorithm>
#include <concepts>
#include <map>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "base/source.h"
#include "policy/parse/schema.h"

namespace tripline {
namespace {

template <typename T>
struct IsLocated : std::false_type {};
template <typename T>
struct IsLocated<Located<T>> : std::true_type {
  using Value = T;
};
template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {
  using Value = T;
};
template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {
  using Value = T;
};

void sort(std::vector<Shape>& fields) { std::ranges::sort(fields, {}, &Shape::name); }

template <typename T>
Shape shape_of() {
  if constexpr (IsOptional<T>::value) {
    return shape_of<typename IsOptional<T>::Value>();
  } else if constexpr (IsVector<T>::value) {
    Shape out = shape_of<typename IsVector<T>::Value>();
    out.is_list = true;
    return out;
  } else if constexpr (IsLocated<T>::value) {
    using Value = typename IsLocated<T>::Value;
    if constexpr (std::same_as<Value, bool>)
      return {.type = "boolean"};
    else if constexpr (std::integral<Value>)
      return {.type = "integer"};
    else
      return {.type = "string"};
  } else if constexpr (policy::Mapping<T>) {
    Shape out{.type = "object"};
    std::apply(
        [&out]<typename... Fields>(const Fields&... fields) {
          const auto add =
              [&out]<typename Struct, typename Member>(const policy::Field<Struct, Member>& field) {
                Shape one = shape_of<Member>();
                one.name = field.name;
                one.required = field.required;
                out.fields.push_back(std::move(one));
              };
          (add(fields), ...);
        },
        policy::fields(static_cast<const T*>(nullptr)));
    sort(out.fields);
    return out;
  } else {
    return {.type = "object"};  // names that the author chooses
  }
}

Shape text(std::string_view name, bool required = false) {
  return {.name = std::string(name), .type = "string", .required = required};
}
Shape object(std::string_view name, std::vector<Shape> fields, bool required = false) {
  return {.name = std::string(name), .type = "object", .required = required, .fields = std::move(fields)};
}

Shape resource_with(std::string_view kind, std::vector<Shape> more) {
  Shape out = object(kind, {text("apiVersion"), text("kind"), object("metadata", {}, true)});
  std::ranges::move(more, std::back_inserter(out.fields));
  sort(out.fields);
  return out;
}

Shape policy_named(std::string_view kind) {
  Shape spec = shape_of<policy::Spec>();
  spec.name = "spec";
  spec.required = true;
  return resource_with(kind, {std::move(spec)});
}

Shape pod_info() {
  Shape addresses = object("podIPs", {text("IP")});
  addresses.is_list = true;
  Shape network{.name = "hostNetwork", .type = "boolean"};
  return resource_with("PodInfo", {object("spec", {std::move(network), text("nodeName")}),
                                   object("status", {text("podIP"), std::move(addresses)}),
                                   object("workloadObject", {text("name"), text("namespace")}),
                                   object("workloadType", {text("apiVersion"), text("kind")})});
}

}  // namespace

std::vector<Resource> resources() {
  return {{"TracingPolicy", "tgtp", policy_named("TracingPolicy")},
          {"TracingPolicyNamespaced", "tgtpn", policy_named("TracingPolicyNamespaced")},
          {"PodInfo", "tgpi", pod_info()}};
}

}  // namespace tripline
