// SPDX-License-Identifier: Apache-2.0
#include "kube/read_pod.h"

#include <charconv>
#include <chrono>
#include <string>
#include <utility>

#include "kube/query.h"

namespace tripline::kube {
namespace {

// 2026-08-21T10:00:00Z, as the API server writes times.
std::optional<int64_t> nanoseconds_of(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00Z";
  if (text.size() != kForm.size()) return std::nullopt;
  for (size_t at = 0; at < text.size(); ++at) {
    const bool is_digit = text[at] >= '0' && text[at] <= '9';
    if (kForm[at] == '0' ? !is_digit : text[at] != kForm[at]) return std::nullopt;
  }
  const auto number = [text](size_t at, size_t size) {
    int out = 0;
    std::from_chars(text.data() + at, text.data() + at + size, out);
    return out;
  };
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  if (!day.ok() || number(11, 2) > 23 || number(14, 2) > 59 || number(17, 2) > 60) return std::nullopt;
  // Nanoseconds of other years do not fit.
  if (number(0, 4) < 1970 || number(0, 4) > 2261) return std::nullopt;
  const std::chrono::nanoseconds since =
      std::chrono::sys_days(day).time_since_epoch() + std::chrono::hours(number(11, 2)) +
      std::chrono::minutes(number(14, 2)) + std::chrono::seconds(number(17, 2));
  return since.count();
}

Labels map_of(const Json& value) {
  Labels out;
  for (const JsonMember& member : value.members) {
    // A null for a value is the empty one.
    if (member.value.kind == Json::Kind::kText || member.value.kind == Json::Kind::kNull)
      out.insert_or_assign(member.name, member.value.text);
  }
  return out;
}

const Json& named(const Json& list, std::string_view name) {
  for (const Json& item : list.items) {
    if (item.at("name").text == name) return item;
  }
  return list.at("");
}

std::vector<std::vector<std::string>> probes_of(const Json& spec) {
  std::vector<std::vector<std::string>> out;
  for (const char* probe : {"livenessProbe", "readinessProbe"}) {
    std::vector<std::string> command;
    for (const Json& word : spec.at(probe).at("exec").at("command").items) command.push_back(word.text);
    if (!command.empty()) out.push_back(std::move(command));
  }
  return out;
}

Container container_of(const Json& status, const Json& spec, Container::Kind kind) {
  Container out{.name = status.at("name").text,
                .image = status.at("image").text,
                .image_id = status.at("imageID").text,
                .kind = kind};
  const std::string& id = status.at("containerID").text;
  if (const size_t scheme = id.find("://"); scheme != std::string::npos && scheme + 3 < id.size()) {
    out.runtime = id.substr(0, scheme);
    out.id = id.substr(scheme + 3);
  }
  const Json& state = status.at("state");
  if (const Json& running = state.at("running"); running.kind == Json::Kind::kObject) {
    out.state = Container::State::kRunning;
    out.started_at = nanoseconds_of(running.at("startedAt").text);
  } else if (state.at("terminated").kind == Json::Kind::kObject) {
    out.state = Container::State::kTerminated;
  }
  out.privileged = spec.at("securityContext").at("privileged").is_true();
  if (kind == Container::Kind::kRegular) out.probes = probes_of(spec);
  return out;
}

}  // namespace

Labels read_labels(const Json& object) { return map_of(object.at("metadata").at("labels")); }

std::optional<Pod> read_pod(const Json& object) {
  const Json& metadata = object.at("metadata");
  const Json& spec = object.at("spec");
  const Json& status = object.at("status");
  Pod out{.uid = metadata.at("uid").text,
          .name_space = metadata.at("namespace").text,
          .name = metadata.at("name").text,
          .generate_name = metadata.at("generateName").text,
          .labels = map_of(metadata.at("labels")),
          .annotations = map_of(metadata.at("annotations")),
          .node_name = spec.at("nodeName").text};
  if (out.uid.empty() || out.name.empty()) return std::nullopt;
  for (const Json& owner : metadata.at("ownerReferences").items) {
    if (!owner.at("controller").is_true()) continue;
    out.controller = Owner{owner.at("apiVersion").text, owner.at("kind").text, owner.at("name").text};
    break;
  }
  for (const auto& [statuses, specs, kind] : kPodContainers) {
    for (const Json& each : status.at(statuses).items)
      out.containers.push_back(container_of(each, named(spec.at(specs), each.at("name").text), kind));
  }
  return out;
}

Resource pods_of(std::string_view node) {
  return {.path = "/api/v1/pods",
          .selector = "fieldSelector=spec.nodeName%3D" + escaped_query(node),
          .wanted = {"metadata.generateName", "metadata.labels", "metadata.annotations",
                     "metadata.ownerReferences", "spec.nodeName", "spec.containers.name",
                     "spec.containers.securityContext.privileged", "spec.containers.livenessProbe.exec",
                     "spec.containers.readinessProbe.exec", "spec.initContainers.name",
                     "spec.initContainers.securityContext.privileged", "spec.ephemeralContainers.name",
                     "spec.ephemeralContainers.securityContext.privileged", "status.initContainerStatuses",
                     "status.containerStatuses", "status.ephemeralContainerStatuses"}};
}

Resource node_called(std::string_view name) {
  return {.path = "/api/v1/nodes",
          .selector = "fieldSelector=metadata.name%3D" + escaped_query(name),
          .wanted = {"metadata.labels"}};
}

}  // namespace tripline::kube
