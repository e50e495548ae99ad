// SPDX-License-Identifier: Apache-2.0
#include "kube/read_policy.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tripline::kube {
namespace {

Json text(std::string_view value) { return {.kind = Json::Kind::kText, .text = std::string(value)}; }

Json object(std::vector<JsonMember> members) {
  return {.kind = Json::Kind::kObject, .members = std::move(members)};
}

std::optional<Requirement::Operator> operator_of(std::string_view word) {
  using Operator = Requirement::Operator;
  constexpr auto kWords =
      std::to_array<std::pair<std::string_view, Operator>>({{"In", Operator::kIn},
                                                            {"NotIn", Operator::kNotIn},
                                                            {"Exists", Operator::kExists},
                                                            {"DoesNotExist", Operator::kDoesNotExist}});
  const auto* found = std::ranges::find(kWords, word, &std::pair<std::string_view, Operator>::first);
  if (found == kWords.end()) return std::nullopt;
  return found->second;
}

void read_nodes(const Json& selector, PolicyObject& out) {
  Requirements all;
  for (const JsonMember& label : selector.at("matchLabels").members)
    all.push_back({.key = label.name, .values = {label.value.text}});
  for (const Json& expression : selector.at("matchExpressions").items) {
    const std::string& word = expression.at("operator").text;
    const auto op = operator_of(word);
    if (!op) {
      out.nodes_mistake = "\"" + word + "\" is not a valid operator of nodeSelector";
      return;
    }
    Requirement& one = all.emplace_back(Requirement{.key = expression.at("key").text, .op = *op});
    for (const Json& value : expression.at("values").items) one.values.push_back(value.text);
    std::ranges::sort(one.values);
  }
  if (!all.empty()) out.nodes = std::move(all);
}

}  // namespace

PolicyObject read_policy(const Json& from, PolicyScope scope) {
  const Json& metadata = from.at("metadata");
  PolicyObject out{.key = {metadata.at("namespace").text, metadata.at("name").text},
                   .uid = metadata.at("uid").text,
                   .generation = metadata.at("generation").integer().value_or(0)};
  const bool has_namespace = scope == PolicyScope::kNamespaced;
  std::vector<JsonMember> names{{"name", text(out.key.name)}};
  if (has_namespace) names.push_back({"namespace", text(out.key.name_space)});
  std::vector<JsonMember> members{{"apiVersion", text("cilium.io/v1alpha1")},
                                  {"kind", text(has_namespace ? "TracingPolicyNamespaced" : "TracingPolicy")},
                                  {"metadata", object(std::move(names))},
                                  {"spec", from.at("spec")}};
  out.document = json_text(object(std::move(members)));
  read_nodes(from.at("spec").at("nodeSelector"), out);
  return out;
}

Resource policies_of(PolicyScope scope) {
  const bool has_namespace = scope == PolicyScope::kNamespaced;
  return {.path = std::string("/apis/cilium.io/v1alpha1/") +
                  (has_namespace ? "tracingpoliciesnamespaced" : "tracingpolicies"),
          .wanted = {"metadata.generation", "spec"}};
}

}  // namespace tripline::kube
