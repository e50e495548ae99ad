// SPDX-License-Identifier: Apache-2.0
#include "oci/bundle.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "kube/json.h"
#include "pods/oci_path.h"

namespace tripline::oci {
namespace {

using kube::Json;
namespace fs = std::filesystem;

constexpr size_t kLargest = size_t{8} << 20;

// containerd starts hooks in the bundle, CRI-O beside its userdata. Only the first has root.path below the folder.
struct Place {
  std::string_view path;
  bool has_root;
};
constexpr std::array kPlaces = std::to_array<Place>(
    {{"config.json", true}, {"../config.json", false}, {"../userdata/config.json", false}});

Result<std::string> text_of(const std::string& path) {
  std::error_code problem;
  if (fs::file_size(path, problem) > kLargest && !problem)
    return fail("read", path, 0, "has more than 8 MiB");
  std::ifstream file(path);
  std::ostringstream out;
  out << file.rdbuf();
  if (!file.is_open() || file.bad()) return fail("read", path, errno);
  return std::move(out).str();
}

// The first that is there and not empty.
std::string first(const std::map<std::string, std::string>& annotations, std::string_view one,
                  std::string_view other) {
  for (const std::string_view key : {one, other}) {
    const auto found = annotations.find(std::string(key));
    if (found != annotations.end() && !found->second.empty()) return found->second;
  }
  return {};
}

}  // namespace

Result<Bundle> find_bundle(const std::string& folder) {
  std::error_code problem;
  for (const Place& place : kPlaces) {
    const std::string path = (fs::path(folder) / place.path).lexically_normal();
    if (!fs::exists(path, problem)) continue;
    const auto text = text_of(path);
    if (!text) return std::unexpected(text.error());
    const auto json = kube::read_json(
        *text, std::array<std::string_view, 4>{"annotations", "mounts", "root.path", "linux.cgroupsPath"});
    if (!json) return fail("read", path, 0, "is not JSON");
    Bundle out{.file = path, .root_dir = folder, .cgroups_path = json->at("linux").at("cgroupsPath").text};
    if (place.has_root) out.root_dir = fs::path(folder) / json->at("root").at("path").text;
    for (const auto& each : json->at("annotations").members) out.annotations[each.name] = each.value.text;
    for (const Json& each : json->at("mounts").items) {
      MountNotice mount{each.at("destination").text, each.at("type").text, each.at("source").text, {}};
      for (const Json& option : each.at("options").items) mount.options.push_back(option.text);
      out.mounts.push_back(std::move(mount));
    }
    return out;
  }
  return fail("look for config.json", folder, 0, "is not there, nor in .. or ../userdata");
}

Result<ContainerNotice> notice_of(const Bundle& bundle) {
  if (bundle.cgroups_path.empty()) return fail("read", bundle.file, 0, "linux.cgroupsPath is missing");
  auto path = cgroup_of_oci_path(bundle.cgroups_path);
  if (!path) return std::unexpected(path.error());
  const auto& notes = bundle.annotations;
  return ContainerNotice{
      .cgroups_path = "/" + *path,
      .root_dir = bundle.root_dir,
      .annotations = notes,
      .container_name = first(notes, "io.kubernetes.cri.container-name", "io.kubernetes.container.name"),
      .container_id = first(notes, "io.kubernetes.cri-o.ContainerID", ""),
      .container_image = first(notes, "io.kubernetes.cri.image-name", "io.kubernetes.cri-o.ImageName"),
      .pod_name = first(notes, "io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name"),
      .pod_uid = first(notes, "io.kubernetes.cri.sandbox-uid", "io.kubernetes.pod.uid"),
      .pod_namespace = first(notes, "io.kubernetes.cri.sandbox-namespace", "io.kubernetes.pod.namespace"),
      .mounts = bundle.mounts};
}

}  // namespace tripline::oci
