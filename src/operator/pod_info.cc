// SPDX-License-Identifier: Apache-2.0
#include "operator/pod_info.h"

#include <utility>

#include "crd/definition.h"
#include "crd/tree.h"
#include "kube/read_pod.h"
#include "pods/workload.h"

namespace tripline::op {

using crd::Tree;
using kube::Json;

namespace {

Labels texts(const Json& map) {
  Labels out;
  for (const auto& each : map.members) out[each.name] = each.value.text;
  return out;
}

Tree tree(const Labels& labels) {
  Tree::Object out;
  for (const auto& [key, value] : labels) out.push_back({key, value});
  return out;
}

// That of a CronJob is not its pod's owner's: a Job stands between them.
std::string version_of(const Pod& pod, const Workload& workload) {
  if (workload.kind == "Pod" || !pod.controller) return "v1";
  if (workload.kind == "CronJob") return "batch/v1beta1";
  return pod.controller->api_version;
}

}  // namespace

std::vector<std::string_view> wanted_of_pods() {
  return {"metadata.name",         "metadata.namespace",
          "metadata.uid",          "metadata.labels",
          "metadata.annotations",  "metadata.ownerReferences",
          "metadata.generateName", "metadata.deletionTimestamp",
          "spec.hostNetwork",      "spec.nodeName",
          "status.podIP",          "status.podIPs"};
}

std::vector<std::string_view> wanted_of_pod_infos() {
  return {"metadata.name",
          "metadata.namespace",
          "metadata.resourceVersion",
          "metadata.labels",
          "metadata.annotations",
          "metadata.ownerReferences",
          "spec",
          "status",
          "workloadType",
          "workloadObject"};
}

std::optional<PodInfo> pod_info_of(const Json& object) {
  const std::optional<Pod> pod = kube::read_pod(object);
  if (!pod || !object.at("metadata").at("deletionTimestamp").text.empty()) return {};
  PodInfo out{.name_space = pod->name_space,
              .name = pod->name,
              .labels = pod->labels,
              .annotations = pod->annotations,
              .pod_uid = pod->uid};
  out.host_network = object.at("spec").at("hostNetwork").is_true();
  out.node_name = object.at("spec").at("nodeName").text;
  out.ip = object.at("status").at("podIP").text;
  for (const Json& each : object.at("status").at("podIPs").items) out.ips.push_back(each.at("ip").text);
  if (out.node_name.empty() || out.ip.empty() || out.ips.empty() || out.name_space.empty()) return {};
  const Workload workload = workload_of(*pod);
  out.workload = workload.name;
  out.workload_kind = workload.kind;
  out.workload_version = version_of(*pod, workload);
  out.workload_namespace = pod->name_space;
  return out;
}

PodInfo read_pod_info(const Json& object) {
  const Json& metadata = object.at("metadata");
  PodInfo out{.name_space = metadata.at("namespace").text,
              .name = metadata.at("name").text,
              .labels = texts(metadata.at("labels")),
              .annotations = texts(metadata.at("annotations"))};
  const Json& owners = metadata.at("ownerReferences");
  if (owners.items.size() == 1) {
    const Json& owner = owners.items.front();
    if (owner.at("kind").text == "Pod" && owner.at("apiVersion").text == "v1" &&
        owner.at("name").text == out.name && owner.at("controller").is_true() &&
        owner.at("blockOwnerDeletion").is_true())
      out.pod_uid = owner.at("uid").text;
  }
  out.host_network = object.at("spec").at("hostNetwork").is_true();
  out.node_name = object.at("spec").at("nodeName").text;
  out.ip = object.at("status").at("podIP").text;
  for (const Json& each : object.at("status").at("podIPs").items) out.ips.push_back(each.at("IP").text);
  out.workload_version = object.at("workloadType").at("apiVersion").text;
  out.workload_kind = object.at("workloadType").at("kind").text;
  out.workload = object.at("workloadObject").at("name").text;
  out.workload_namespace = object.at("workloadObject").at("namespace").text;
  return out;
}

std::string document(const PodInfo& info, std::string_view version) {
  Tree::List ips;
  for (const std::string& each : info.ips) ips.push_back(crd::object({{"IP", each}}));
  Tree::Object metadata{{"name", info.name},
                        {"namespace", info.name_space},
                        {"labels", tree(info.labels)},
                        {"annotations", tree(info.annotations)},
                        {"ownerReferences", Tree::List{crd::object({{"apiVersion", "v1"},
                                                                    {"kind", "Pod"},
                                                                    {"name", info.name},
                                                                    {"uid", info.pod_uid},
                                                                    {"controller", true},
                                                                    {"blockOwnerDeletion", true}})}}};
  if (!version.empty()) metadata.push_back({"resourceVersion", version});
  return crd::json(crd::object(
      {{"apiVersion", std::string(crd::kGroup) + "/" + std::string(crd::kVersion)},
       {"kind", "PodInfo"},
       {"metadata", std::move(metadata)},
       {"spec", crd::object({{"hostNetwork", info.host_network}, {"nodeName", info.node_name}})},
       {"status", crd::object({{"podIP", info.ip}, {"podIPs", std::move(ips)}})},
       {"workloadType", crd::object({{"apiVersion", info.workload_version}, {"kind", info.workload_kind}})},
       {"workloadObject", crd::object({{"name", info.workload}, {"namespace", info.workload_namespace}})}}));
}

}  // namespace tripline::op
