// SPDX-License-Identifier: Apache-2.0
#include "operator/policy_status.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "crd/definition.h"
#include "crd/tree.h"

namespace tripline::op {

using crd::Tree;
using kube::Json;
using kube::ObjectKey;

namespace {

constexpr size_t kLongestEvent = 1024;  // of its message, as the API server has it
constexpr size_t kLongestStem = 200;    // of an Event's name that is the policy's

std::string shown(const ObjectKey& key) {
  return key.name_space.empty() ? key.name : key.name_space + "/" + key.name;
}

std::string error_text(const ObjectKey& key, const kube::PolicySaid& said) {
  if (said.line == 0) return said.message;
  return fmt::format("{}:{}:{}: error: {}", shown(key), said.line, said.column, said.message);
}

// FNV-1a, 64 bits: the name of an Event is the same after a restart.
uint64_t hash_of(std::string_view text) {
  uint64_t hash = 0xcbf2'9ce4'8422'2325;
  for (const char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100'0000'01b3;
  return hash;
}

std::string api_version() { return fmt::format("{}/{}", crd::kGroup, crd::kVersion); }

std::string cut(std::string text) {
  if (text.size() <= kLongestEvent) return text;
  size_t end = kLongestEvent;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

struct Word {
  const char* condition;
  const char* reason;
};

Word word_of(const Summary& summary) {
  if (summary.failed > 0) {
    const bool refused = summary.error && summary.error->said.word == kube::PolicyWord::kRefused;
    return {"False", refused ? "Refused" : "LoadError"};
  }
  if (summary.total == 0)
    return summary.skipped > 0 ? Word{"False", "ForNoNode"} : Word{"Unknown", "NoNodes"};
  if (summary.pending > 0) return {"Unknown", "Pending"};
  return summary.disabled > 0 ? Word{"False", "Disabled"} : Word{"True", "Enabled"};
}

}  // namespace

PolicyStatusObject status_of(const ObjectKey& key, const Summary& summary, const PolicyStatusObject& before,
                             std::string_view now) {
  const Word word = word_of(summary);
  PolicyStatusObject out{.generation = summary.generation,
                         .condition = word.condition,
                         .since = {},
                         .reason = word.reason,
                         .message = {},
                         .failed = summary.failed,
                         .counts = fmt::format("{}/{}", summary.enabled, summary.total)};
  out.since = before.condition == out.condition && !before.since.empty() ? before.since : std::string(now);
  out.message = fmt::format("enabled on {} of {} node{}", summary.enabled, summary.total,
                            summary.total == 1 ? "" : "s");
  const auto add = [&](int64_t count, std::string_view what) {
    if (count > 0) out.message += fmt::format(", {} {}", what, count);
  };
  add(summary.failed, "failed on");
  add(summary.disabled, "disabled on");
  add(summary.pending, "not told by");
  if (summary.error)
    out.message += fmt::format("; node {}: {}", summary.error->node, error_text(key, summary.error->said));
  return out;
}

PolicyStatusObject read_status(const Json& object) {
  const Json& status = object.at("status");
  PolicyStatusObject out{.generation = status.at("observedGeneration").integer().value_or(0),
                         .condition = {},
                         .since = {},
                         .reason = {},
                         .message = {},
                         .failed = status.at("nodes").at("failed").integer().value_or(0),
                         .counts = status.at("enabled").text};
  for (const Json& condition : status.at("conditions").items) {
    if (condition.at("type").text != "Enabled") continue;
    out.condition = condition.at("status").text;
    out.since = condition.at("lastTransitionTime").text;
    out.reason = condition.at("reason").text;
    out.message = condition.at("message").text;
  }
  return out;
}

std::string status_patch(const PolicyStatusObject& status, const Summary& summary, const std::string& uid) {
  const Tree nodes = crd::object({{"total", summary.total},
                                  {"enabled", summary.enabled},
                                  {"disabled", summary.disabled},
                                  {"failed", summary.failed},
                                  {"pending", summary.pending},
                                  {"skipped", summary.skipped}});
  const Tree condition = crd::object({{"type", "Enabled"},
                                      {"status", status.condition},
                                      {"observedGeneration", status.generation},
                                      {"lastTransitionTime", status.since},
                                      {"reason", status.reason},
                                      {"message", status.message}});
  // A merge patch removes what is null, which a Tree has not.
  std::string error = "null";
  if (summary.error) {
    const kube::PolicySaid& said = summary.error->said;
    error = crd::json(crd::object({{"node", summary.error->node},
                                   {"line", said.line},
                                   {"column", said.column},
                                   {"message", said.message}}));
  }
  return fmt::format(
      R"({{"metadata":{{"uid":{}}},"status":{{"observedGeneration":{},"enabled":{},"nodes":{},"error":{},"conditions":[{}]}}}})",
      kube::json_quoted(uid), status.generation, kube::json_quoted(status.counts), crd::json(nodes), error,
      crd::json(condition));
}

std::string policy_path(const ObjectKey& key) {
  const std::string folder = "/apis/" + api_version();
  if (key.name_space.empty()) return folder + "/tracingpolicies/" + key.name;
  return folder + "/namespaces/" + key.name_space + "/tracingpoliciesnamespaced/" + key.name;
}

std::string event_folder(const PolicyEvent& event) {
  return "/api/v1/namespaces/" + (event.key.name_space.empty() ? "default" : event.key.name_space) +
         "/events";
}

std::string event_name(const PolicyEvent& event) {
  std::string stem = event.key.name.substr(0, kLongestStem);
  while (!stem.empty() && (stem.back() == '.' || stem.back() == '-')) stem.pop_back();
  return fmt::format("{}.{:016x}", stem, hash_of(event.uid + event.reason));
}

std::string event_document(const PolicyEvent& event, std::string_view now) {
  const std::string& space = event.key.name_space;
  Tree::Object involved{{"apiVersion", api_version()},
                        {"kind", space.empty() ? "TracingPolicy" : "TracingPolicyNamespaced"},
                        {"name", event.key.name},
                        {"uid", event.uid}};
  if (!space.empty()) involved.push_back({"namespace", space});
  return crd::json(crd::object({{"apiVersion", "v1"},
                                {"kind", "Event"},
                                {"metadata", crd::object({{"name", event_name(event)},
                                                          {"namespace", space.empty() ? "default" : space}})},
                                {"involvedObject", std::move(involved)},
                                {"type", "Warning"},
                                {"reason", event.reason},
                                {"message", cut(event.message)},
                                {"count", event.count},
                                {"firstTimestamp", now},
                                {"lastTimestamp", now},
                                {"reportingComponent", "tripline-operator"},
                                {"reportingInstance", ""},
                                {"source", crd::object({{"component", "tripline-operator"}})}}));
}

std::string event_patch(const PolicyEvent& event, const Json& existing, std::string_view now) {
  return crd::json(crd::object({{"message", cut(event.message)},
                                {"count", existing.at("count").integer().value_or(0) + event.count},
                                {"lastTimestamp", now}}));
}

std::string second_time(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

}  // namespace tripline::op
