// SPDX-License-Identifier: Apache-2.0
#include "kube/policy_report.h"

#include <algorithm>

namespace tripline::kube {
namespace {

// Not in the middle of a character.
std::string cut(std::string text) {
  if (text.size() <= kLongestMessage) return text;
  size_t end = kLongestMessage - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

std::string_view word_text(PolicyWord word) {
  return std::ranges::find(kPolicyWords, word, &std::pair<PolicyWord, std::string_view>::first)->second;
}

std::string entry(const PolicySaid& said) {
  std::string out = "{";
  if (!said.key.name_space.empty()) out += R"("namespace":)" + json_quoted(said.key.name_space) + ",";
  out += R"("name":)" + json_quoted(said.key.name) + R"(,"uid":)" + json_quoted(said.uid) +
         R"(,"generation":)" + std::to_string(said.generation) + R"(,"state":)" +
         json_quoted(word_text(said.word));
  if (said.line > 0)
    out += R"(,"line":)" + std::to_string(said.line) + R"(,"column":)" + std::to_string(said.column);
  if (!said.message.empty()) out += R"(,"message":)" + json_quoted(cut(said.message));
  return out + "}";
}

}  // namespace

std::string report_document(PolicyReport report) {
  std::ranges::stable_sort(report.policies, {},
                           [](const PolicySaid& said) { return has_failed(said.word) ? 0 : 1; });
  std::string out = R"({"apiVersion":"cilium.io/v1alpha1","kind":"TracingPolicyReport","metadata":{"name":)" +
                    json_quoted(report.node);
  if (!report.node_uid.empty())
    out += R"(,"ownerReferences":[{"apiVersion":"v1","kind":"Node","name":)" + json_quoted(report.node) +
           R"(,"uid":)" + json_quoted(report.node_uid) + "}]";
  out += R"(},"policies":[)";
  bool first = true;
  for (const PolicySaid& said : report.policies) {
    const std::string one = entry(said);
    if (out.size() + one.size() > kLargestReport) {
      ++report.omitted;
      continue;
    }
    if (!std::exchange(first, false)) out += ',';
    out += one;
  }
  return out + R"(],"omitted":)" + std::to_string(report.omitted) + "}";
}

PolicyReport read_report(const Json& object) {
  const Json& metadata = object.at("metadata");
  PolicyReport out{.node = metadata.at("name").text, .node_uid = {}, .policies = {}};
  for (const Json& owner : metadata.at("ownerReferences").items)
    if (owner.at("kind").text == "Node") out.node_uid = owner.at("uid").text;
  for (const Json& each : object.at("policies").items) {
    const auto* word = std::ranges::find(kPolicyWords, each.at("state").text,
                                         &std::pair<PolicyWord, std::string_view>::second);
    if (word == kPolicyWords.end() || each.at("uid").text.empty()) continue;
    out.policies.push_back({.key = {each.at("namespace").text, each.at("name").text},
                            .uid = each.at("uid").text,
                            .generation = each.at("generation").integer().value_or(0),
                            .word = word->first,
                            .line = each.at("line").integer().value_or(0),
                            .column = each.at("column").integer().value_or(0),
                            .message = cut(each.at("message").text)});
  }
  out.omitted = object.at("omitted").integer().value_or(0);
  return out;
}

Resource policy_reports() {
  return {.path = std::string(kReportsPath), .wanted = {"metadata.ownerReferences", "policies", "omitted"}};
}

}  // namespace tripline::kube
