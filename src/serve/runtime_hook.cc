// SPDX-License-Identifier: Apache-2.0
#include "serve/runtime_hook.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "pods/container_id.h"
#include "pods/oci_path.h"
#include "tetragon/sensors.pb.h"

namespace tripline {
namespace {

// The member, or the first of the annotations that is there.
std::string either(const std::string& member, const tetragon::CreateContainer& told,
                   std::initializer_list<const char*> annotations) {
  if (!member.empty()) return member;
  for (const char* each : annotations) {
    const auto found = told.annotations().find(each);
    if (found != told.annotations().end() && !found->second.empty()) return found->second;
  }
  return {};
}

// 36 characters with dashes, or the 32 digits of a static pod.
bool is_uid(std::string_view text) {
  constexpr size_t kDigits = 32, kLong = 36;
  constexpr size_t kDashes[] = {8, 13, 18, 23};
  if (text.size() != kDigits && text.size() != kLong) return false;
  for (size_t at = 0; at < text.size(); ++at) {
    const bool dash = text.size() == kLong && std::ranges::find(kDashes, at) != std::end(kDashes);
    const char c = text[at];
    const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !digit) return false;
  }
  return true;
}

bool is_sandbox(const tetragon::CreateContainer& told) {
  return either({}, told, {"io.kubernetes.cri.container-type", "io.kubernetes.cri-o.ContainerType"}) ==
         "sandbox";
}

}  // namespace

std::expected<std::optional<StartingContainer>, std::string> read_starting(
    const tetragon::CreateContainer& told) {
  if (is_sandbox(told)) return std::nullopt;
  StartingContainer out;
  if (!told.cgroupspath().empty()) {
    auto path = cgroup_of_oci_path(told.cgroupspath());
    if (!path) return std::unexpected(path.error().text());
    out.cgroup = *std::move(path);
  }
  Pod& pod = out.pod;
  pod.uid = either(told.poduid(), told, {"io.kubernetes.cri.sandbox-uid", "io.kubernetes.pod.uid"});
  if (pod.uid.empty()) pod.uid = pod_in_path(out.cgroup);
  if (pod.uid.empty())
    return std::unexpected("the uid of the pod was not said, and is not in the path of the cgroup");
  if (!is_uid(pod.uid)) return std::unexpected("the uid of the pod is none: " + pod.uid);
  pod.name = either(told.podname(), told, {"io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name"});
  pod.name_space = either(told.podnamespace(), told,
                          {"io.kubernetes.cri.sandbox-namespace", "io.kubernetes.pod.namespace"});
  Container& container = out.container;
  container.id = either(told.containerid(), told, {"io.kubernetes.cri-o.ContainerID"});
  if (container.id.empty()) container.id = container_in_path(out.cgroup);
  if (container.id.size() < kShownContainerId)
    return std::unexpected("the id of the container was not said, and is not in the path of the cgroup");
  container.name = either(told.containername(), told,
                          {"io.kubernetes.cri.container-name", "io.kubernetes.container.name"});
  container.image =
      either(told.containerimage(), told, {"io.kubernetes.cri.image-name", "io.kubernetes.cri-o.ImageName"});
  return out;
}

}  // namespace tripline
