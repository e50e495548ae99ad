// SPDX-License-Identifier: Apache-2.0
// File systems of the kernel that a daemon finds mounted, or mounts: for pinned programs, for the list of tracepoints, and
// for cgroups. One that cannot be mounted is told, and missing only where something needs it.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace tripline {

// What could not be mounted.
[[nodiscard]] std::vector<Error> mount_missing(const std::string& run_folder);

// The folder of this daemon in the BPF file system, empty. What an earlier one left there is removed, or moved aside to
// FOLDER_old.
enum class Left { kRemove, kMoveAside };
[[nodiscard]] Result<void> make_bpf_folder(const std::string& folder, Left left);
void remove_bpf_folder(const std::string& folder);

}  // namespace tripline
