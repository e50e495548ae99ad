// SPDX-License-Identifier: Apache-2.0
#include "client/schema.h"

#include <algorithm>
#include <concepts>
#include <map>
#include <optional>
#include <tuple>
#include <type_traits>

#include "policy/parse/schema.h"

namespace tripline::client {
namespace {

// "MAPPING.FIELD", or ".FIELD" for one that means the same wherever it stands.
struct Description {
  std::string_view field;
  std::string_view text;
};
constexpr Description kDescriptions[] = {
#include "client/descriptions.inc"
};

#define TRIPLINE_MAPPINGS(X)                                                                             \
  X(LabelRequirement)                                                                                    \
  X(LabelSelector)                                                                                       \
  X(Argument) X(ArgFilter) X(PidFilter) X(BinaryFilter) X(NamespaceFilter) X(NamespaceChangeFilter)      \
      X(CapabilityFilter) X(Workloads) X(Action) X(Selector) X(Ignore) X(FunctionHook) X(TracepointHook) \
          X(LsmHook) X(UprobeHook) X(UsdtHook) X(Enforcer) X(NameList) X(Option) X(Spec)
#define TRIPLINE_NAME(name) \
  constexpr std::string_view name_of(const policy::name*) { return #name; }
TRIPLINE_MAPPINGS(TRIPLINE_NAME)
#undef TRIPLINE_NAME
#undef TRIPLINE_MAPPINGS

std::string description_of(std::string_view mapping, std::string_view field) {
  const std::string own = std::string(mapping) + "." + std::string(field);
  const auto* found = std::ranges::find(kDescriptions, own, &Description::field);
  if (found == std::end(kDescriptions))
    found = std::ranges::find(kDescriptions, "." + std::string(field), &Description::field);
  return found == std::end(kDescriptions) ? "" : std::string(found->text);
}

template <typename T>
Schema schema_of(const T*);

template <policy::Mapping T>
Schema schema_of(const T* none) {
  Schema schema{.type = "object"};
  const auto add = [&]<typename Member>(const policy::Field<T, Member>& field) {
    Schema one = schema_of(static_cast<const Member*>(nullptr));
    one.description = description_of(name_of(none), field.name);
    if (field.required) schema.required.emplace_back(field.name);
    schema.properties.emplace_back(field.name, std::move(one));
  };
  std::apply([&](const auto&... field) { (add(field), ...); }, fields(none));
  std::ranges::sort(schema.properties, {},
                    [](const auto& entry) -> const std::string& { return entry.first; });
  return schema;
}

template <typename T>
Schema schema_of(const Located<T>* /*none*/) {
  if constexpr (std::same_as<T, bool>) {
    return {.type = "boolean"};
  } else if constexpr (std::is_enum_v<T>) {
    Schema schema{.type = "string"};
    for (const std::string_view one : policy::Words<T>::all) schema.words.emplace_back(one);
    return schema;
  } else {
    return {.type = std::is_integral_v<T> ? "integer" : "string"};
  }
}

template <typename T>
Schema schema_of(const std::optional<T>* /*none*/) {
  return schema_of(static_cast<const T*>(nullptr));
}

template <typename T>
Schema schema_of(const std::vector<T>* /*none*/) {
  return {.type = "array", .items = std::make_shared<Schema>(schema_of(static_cast<const T*>(nullptr)))};
}

template <typename T>
Schema schema_of(const std::map<std::string, T>* /*none*/) {
  return {.type = "object"};
}

Schema leaf(std::string_view type, std::string_view description) {
  return {.type = std::string(type), .description = std::string(description)};
}

// What every resource has.
Schema resource(std::vector<std::pair<std::string, Schema>> own) {
  Schema schema{.type = "object", .required = {"metadata", "spec"}, .properties = std::move(own)};
  schema.properties.emplace_back("apiVersion", leaf("string", description_of("", "apiVersion")));
  schema.properties.emplace_back("kind", leaf("string", description_of("", "kind")));
  schema.properties.emplace_back("metadata", leaf("object", ""));
  std::ranges::sort(schema.properties, {},
                    [](const auto& entry) -> const std::string& { return entry.first; });
  return schema;
}

}  // namespace

std::string type_text(const Schema& schema) {
  const bool is_list = schema.type == "array" && schema.items;
  return is_list ? "[]" + type_text(*schema.items) : schema.type;
}

Schema policy_schema() {
  Schema spec = schema_of(static_cast<const policy::Spec*>(nullptr));
  spec.description = "Tracing policy specification.";
  return resource({{"spec", std::move(spec)}});
}

Schema pod_info_schema() {
  Schema address{.type = "object",
                 .properties = {{"IP", leaf("string", "IP is an IP address (IPv4 or IPv6) of the pod")}}};
  Schema addresses =
      leaf("array", "List of Ip addresses allocated to the pod. 0th entry must be same as PodIP.");
  addresses.items = std::make_shared<Schema>(std::move(address));
  const Schema status{
      .type = "object",
      .properties = {{"podIP", leaf("string",
                                    "IP address allocated to the pod. Routable at least within the cluster.\n"
                                    "Empty if not yet allocated.")},
                     {"podIPs", std::move(addresses)}}};
  const Schema spec{.type = "object",
                    .properties = {{"hostNetwork", leaf("boolean", "The pod uses the network of its host.")},
                                   {"nodeName", leaf("string", "The node that the pod runs on.")}}};
  const Schema object{.type = "object",
                      .description = "The workload that the pod belongs to.",
                      .properties = {{"name", leaf("string", "")}, {"namespace", leaf("string", "")}}};
  const Schema kind{.type = "object",
                    .description = "The kind of that workload.",
                    .properties = {{"apiVersion", leaf("string", "")}, {"kind", leaf("string", "")}}};
  return resource({{"spec", spec}, {"status", status}, {"workloadObject", object}, {"workloadType", kind}});
}

}  // namespace tripline::client
