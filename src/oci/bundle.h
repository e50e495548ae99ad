// SPDX-License-Identifier: Apache-2.0
// A container runtime's description of a container that it is about to start: its config.json (OCI runtime
// specification), as far as the agent needs it.
//
// The position of the file depends on the runtime, which runs the hook in a folder of its own.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "client/runtime_hook.h"

namespace tripline::oci {

struct Bundle {
  std::string file;      // config.json
  std::string root_dir;  // of the container, as the agent is told
  std::map<std::string, std::string> annotations;
  std::string cgroups_path;  // as it is written there
  std::vector<MountNotice> mounts;
};

// Of a runtime that started us in `folder`.
[[nodiscard]] Result<Bundle> find_bundle(const std::string& folder);

// Names and ids come from annotations, of which each runtime has its own. Refuses a path that is none of a cgroup.
[[nodiscard]] Result<ContainerNotice> notice_of(const Bundle& bundle);

}  // namespace tripline::oci
