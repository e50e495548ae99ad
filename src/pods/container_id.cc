// SPDX-License-Identifier: Apache-2.0
#include "pods/container_id.h"

#include <algorithm>

namespace tripline {
namespace {

constexpr size_t kWholeId = 64;

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

std::string_view last_element(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// Without the last element; empty when there was only one.
std::string_view above(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == path.npos ? std::string_view() : path.substr(0, slash);
}

// The uid in the name of a pod's cgroup: `podUID`, or a slice whose name ends in that; containerd can put the name of
// the container behind a colon. UIDs have four dashes or underscores, those of static pods none.
std::string_view pod_in_name(std::string_view name) {
  name = name.substr(0, name.find(':'));
  if (name.ends_with(".slice")) name.remove_suffix(6);
  const size_t at = name.rfind("pod");
  if (at == name.npos) return {};
  const std::string_view uid = name.substr(at + 3);
  constexpr size_t kDigits = 32, kSeparators = 4;
  const auto separates = [](char c) { return c == '-' || c == '_'; };
  const auto digits = static_cast<size_t>(std::ranges::count_if(uid, is_hex));
  const auto separators = static_cast<size_t>(std::ranges::count_if(uid, separates));
  const bool is_uid = digits == kDigits && digits + separators == uid.size() &&
                      (separators == 0 || separators == kSeparators);
  return is_uid ? uid : std::string_view();
}

// The outermost container of a pod.
std::string_view container_of_pod(std::string_view path) {
  bool is_in_pod = false;
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(name.size() + 1, path.size()));
    const bool is_pod = !pod_in_name(name).empty();
    if (is_in_pod || is_pod) {
      if (const std::string_view id = container_in_name(name); !id.empty()) return id;
    }
    is_in_pod = is_pod;
  }
  return {};
}

// Sysbox puts the system containers of a host below this, and into each a cgroup of its own for what it runs.
std::string_view container_of_sysbox(std::string_view path) {
  constexpr std::string_view kRoot = "syscont-cgroup-root";
  constexpr int kPlace = 4;
  if (!path.contains(kRoot)) return {};
  for (int n = 0; n < kPlace; ++n) {
    const size_t slash = path.find('/');
    if (slash == path.npos) return {};
    path.remove_prefix(slash + 1);
  }
  return container_in_name(path.substr(0, path.find('/')));
}

}  // namespace

std::string_view container_in_name(std::string_view name, bool cut) {
  const size_t least = cut ? kShownContainerId : kWholeId;
  if (name.size() < least) return {};
  std::string_view id = name.substr(name.rfind(':') + 1);
  id.remove_prefix(id.rfind('-') + 1);
  const bool is_monitor = name.substr(0, name.size() - id.size()).ends_with("-conmon-");
  if (id.size() < least || is_monitor || id.ends_with("service")) return {};
  return id.ends_with(".scope") ? id.substr(0, id.size() - 6) : id;
}

std::string_view container_in_path(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  // First, for whoever is in a container can give cgroups inside it any name.
  if (const std::string_view id = container_of_pod(path); !id.empty()) return id;
  if (const std::string_view id = container_of_sysbox(path); !id.empty()) return id;
  const std::string_view last = last_element(path);
  if (const std::string_view id = container_in_name(last); !id.empty()) return id;
  // crun puts all of a container into a cgroup of that name.
  return last == "container" ? container_in_name(last_element(above(path))) : std::string_view();
}

std::string pod_in_path(std::string_view path) {
  for (; !path.empty(); path = above(path)) {
    std::string uid(pod_in_name(last_element(path)));
    if (uid.empty()) continue;
    std::ranges::replace(uid, '_', '-');
    return uid;
  }
  return {};
}

std::string_view container_in_lines(std::string_view lines) {
  while (!lines.empty()) {
    std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    // HIERARCHY:CONTROLLERS:PATH
    for (int n = 0; n < 2; ++n) line.remove_prefix(std::min(line.find(':'), line.size() - 1) + 1);
    if (line.empty()) continue;
    if (const std::string_view id = container_in_path(line); !id.empty()) return id;
  }
  return {};
}

}  // namespace tripline
