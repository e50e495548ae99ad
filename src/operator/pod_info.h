// SPDX-License-Identifier: Apache-2.0
// PodInfo: the content of an object of that kind, as a value made from a pod or read from an object.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kube/json.h"
#include "pods/pod.h"

namespace tripline::op {

struct PodInfo {
  std::string name_space;
  std::string name;
  Labels labels;
  Labels annotations;
  std::string pod_uid;  // of the one owner; empty in an object that has another, or several
  bool host_network = false;
  std::string node_name;
  std::string ip;
  std::vector<std::string> ips;
  std::string workload_version;
  std::string workload_kind;
  std::string workload;
  std::string workload_namespace;
  bool operator==(const PodInfo&) const = default;
};

// Absent: the pod has no address or node yet, or is about to go.
[[nodiscard]] std::optional<PodInfo> pod_info_of(const kube::Json& pod);
[[nodiscard]] PodInfo read_pod_info(const kube::Json& object);

// The object; `version` is that of the one it replaces, empty for a new one.
[[nodiscard]] std::string document(const PodInfo& info, std::string_view version);

// What of a pod, and of such an object, is looked at.
[[nodiscard]] std::vector<std::string_view> wanted_of_pods();
[[nodiscard]] std::vector<std::string_view> wanted_of_pod_infos();

}  // namespace tripline::op
