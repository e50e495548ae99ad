// SPDX-License-Identifier: Apache-2.0
// Tells an agent that a container is being created, before its first process runs.
#pragma once

#include <chrono>
#include <expected>
#include <map>
#include <string>
#include <vector>

namespace tripline {

struct MountNotice {
  std::string destination;
  std::string type;
  std::string source;
  std::vector<std::string> options;
  bool operator==(const MountNotice&) const = default;
};

// What is not known is empty.
struct ContainerNotice {
  std::string cgroups_path;
  std::string root_dir;
  std::map<std::string, std::string> annotations;
  std::string container_name;
  std::string container_id;
  std::string container_image;
  std::string pod_name;
  std::string pod_uid;
  std::string pod_namespace;
  std::vector<MountNotice> mounts;
  bool operator==(const ContainerNotice&) const = default;
};

// `timeout`: for connecting and the answer together. Without an error the agent's policies are in force for the container.
[[nodiscard]] std::expected<void, std::string> tell_of_container(const ContainerNotice& container,
                                                                 const std::string& address,
                                                                 std::chrono::nanoseconds timeout);

// The agent's version.
[[nodiscard]] std::expected<std::string, std::string> version_of_agent(const std::string& address,
                                                                       std::chrono::nanoseconds timeout);

}  // namespace tripline
