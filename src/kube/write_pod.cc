// SPDX-License-Identifier: Apache-2.0
#include "kube/write_pod.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "kube/json.h"
#include "kube/read_pod.h"

namespace tripline::kube {
namespace {

Json text(std::string value) { return {.kind = Json::Kind::kText, .text = std::move(value)}; }
Json yes() { return {.kind = Json::Kind::kBoolean, .text = "true"}; }
Json list() { return {.kind = Json::Kind::kArray}; }
Json object(std::vector<JsonMember> members = {}) {
  return {.kind = Json::Kind::kObject, .members = std::move(members)};
}

Json map_of(const Labels& labels) {
  Json out = object();
  for (const auto& [key, value] : labels) out.members.push_back({key, text(value)});
  return out;
}

std::string time_text(int64_t nanoseconds) {
  const std::chrono::sys_seconds time{
      std::chrono::floor<std::chrono::seconds>(std::chrono::nanoseconds(nanoseconds))};
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", time);
}

Json state_of(const Container& container) {
  switch (container.state) {
    case Container::State::kWaiting:
      break;
    case Container::State::kTerminated:
      return object({{"terminated", object()}});
    case Container::State::kRunning: {
      Json running = object();
      if (container.started_at)
        running.members.push_back({"startedAt", text(time_text(*container.started_at))});
      return object({{"running", std::move(running)}});
    }
  }
  return object();
}

Json status_of(const Container& container) {
  return object({{"name", text(container.name)},
                 {"image", text(container.image)},
                 {"imageID", text(container.image_id)},
                 {"containerID", text(container.id.empty() ? "" : container.runtime + "://" + container.id)},
                 {"state", state_of(container)}});
}

Json spec_of(const Container& container) {
  Json out = object({{"name", text(container.name)}});
  if (container.privileged) out.members.push_back({"securityContext", object({{"privileged", yes()}})});
  // There are two at most, and nobody asks which is which.
  const char* name = "livenessProbe";
  for (const auto& command : container.probes) {
    Json words = list();
    for (const std::string& word : command) words.items.push_back(text(word));
    out.members.push_back({name, object({{"exec", object({{"command", std::move(words)}})}})});
    name = "readinessProbe";
  }
  return out;
}

Json json_of(const Pod& pod) {
  Json metadata = object({{"uid", text(pod.uid)},
                          {"namespace", text(pod.name_space)},
                          {"name", text(pod.name)},
                          {"generateName", text(pod.generate_name)},
                          {"labels", map_of(pod.labels)},
                          {"annotations", map_of(pod.annotations)}});
  if (pod.controller) {
    Json owners = list();
    owners.items.push_back(object({{"apiVersion", text(pod.controller->api_version)},
                                   {"kind", text(pod.controller->kind)},
                                   {"name", text(pod.controller->name)},
                                   {"controller", yes()}}));
    metadata.members.push_back({"ownerReferences", std::move(owners)});
  }
  Json spec = object({{"nodeName", text(pod.node_name)}});
  Json status = object();
  for (const PodContainers& group : kPodContainers) {
    Json specs = list(), statuses = list();
    for (const Container& container : pod.containers) {
      if (container.kind != group.kind) continue;
      specs.items.push_back(spec_of(container));
      statuses.items.push_back(status_of(container));
    }
    spec.members.push_back({group.specs, std::move(specs)});
    status.members.push_back({group.statuses, std::move(statuses)});
  }
  return object(
      {{"metadata", std::move(metadata)}, {"spec", std::move(spec)}, {"status", std::move(status)}});
}

}  // namespace

std::string pods_text(std::span<const Pod> pods) {
  Json items = list();
  for (const Pod& pod : pods) items.items.push_back(json_of(pod));
  return json_text(object({{"items", std::move(items)}}));
}

Result<std::vector<Pod>> read_pods(std::string_view text) {
  const auto json = read_json(text);
  if (!json || json->at("items").kind != Json::Kind::kArray)
    return fail("read", "pods", 0, "it is not a list of pods");
  std::vector<Pod> out;
  for (const Json& item : json->at("items").items) {
    if (auto pod = read_pod(item)) out.push_back(*std::move(pod));
  }
  return out;
}

}  // namespace tripline::kube
