// SPDX-License-Identifier: Apache-2.0
#include "webhook/review.h"

#include <array>
#include <utility>

#include "kube/json.h"
#include "kube/read_policy.h"

namespace tripline::webhook {
namespace {

using kube::Json;

constexpr size_t kLongestUid = 128;
constexpr size_t kLongestRefusal = size_t{32} << 10;
// The API server cuts a warning at 256 bytes.
constexpr size_t kLongestWarning = 250;
constexpr std::string_view kVersion = "admission.k8s.io/v1";
// It is the API server that makes a name of it.
constexpr std::string_view kMade = "00000";

std::string cut(std::string text, size_t longest) {
  if (text.size() <= longest) return text;
  size_t end = longest - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

std::string answer_of(const std::string& uid, const Verdict& verdict) {
  std::string out = R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":)" +
                    kube::json_quoted(uid) + R"(,"allowed":)" + (verdict.allowed ? "true" : "false");
  if (!verdict.allowed)
    out += R"(,"status":{"code":422,"reason":"Invalid","message":)" +
           kube::json_quoted(cut(verdict.refusal, kLongestRefusal)) + "}";
  if (!verdict.warnings.empty()) {
    out += R"(,"warnings":[)";
    for (size_t n = 0; n < verdict.warnings.size(); ++n)
      out += (n > 0 ? "," : "") + kube::json_quoted(cut(verdict.warnings[n], kLongestWarning));
    out += "]";
  }
  return out + "}}";
}

// With the name that it will have.
Json named(Json object) {
  for (kube::JsonMember& member : object.members) {
    if (member.name != "metadata") continue;
    Json& metadata = member.value;
    const std::string start = metadata.at("generateName").text;
    if (!metadata.at("name").text.empty() || start.empty()) continue;
    metadata.members.push_back({"name", {.kind = Json::Kind::kText, .text = start + std::string(kMade)}});
  }
  return object;
}

}  // namespace

std::optional<Reviewed> review(std::string_view request, const Judge& judge) {
  constexpr std::array kWanted = std::to_array<std::string_view>(
      {"apiVersion", "kind", "request.uid", "request.operation", "request.kind", "request.namespace",
       "request.object.metadata.name", "request.object.metadata.namespace",
       "request.object.metadata.generateName", "request.object.spec", "request.oldObject.spec"});
  const auto json = kube::read_json(request, kWanted);
  if (!json || json->at("apiVersion").text != kVersion || json->at("kind").text != "AdmissionReview")
    return {};
  const Json& asked = json->at("request");
  const std::string& uid = asked.at("uid").text;
  if (uid.empty() || uid.size() > kLongestUid) return {};
  const std::string& kind = asked.at("kind").at("kind").text;
  const bool namespaced = kind == "TracingPolicyNamespaced";
  const std::string& operation = asked.at("operation").text;
  const bool is_policy = namespaced || kind == "TracingPolicy";
  const bool is_same = operation == "UPDATE" && kube::json_text(asked.at("object").at("spec")) ==
                                                    kube::json_text(asked.at("oldObject").at("spec"));
  if (!is_policy || (operation != "CREATE" && operation != "UPDATE") || is_same)
    return Reviewed{.answer = answer_of(uid, {}), .allowed = true, .policy = {}};
  const auto policy = kube::read_policy(
      named(asked.at("object")), namespaced ? kube::PolicyScope::kNamespaced : kube::PolicyScope::kCluster);
  const std::string shown = namespaced ? policy.key.name_space + "/" + policy.key.name : policy.key.name;
  const Verdict verdict = judge({.name = shown, .text = policy.document, .loose = true});
  return Reviewed{.answer = answer_of(uid, verdict), .allowed = verdict.allowed, .policy = shown};
}

}  // namespace tripline::webhook
