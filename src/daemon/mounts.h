// SPDX-License-Identifier: Apache-2.0
// Kernel file systems that a daemon finds mounted or mounts: for pinned programs, for the list of tracepoints, and
// for cgroups. A failed mount is reported, and matters only where something needs the file system.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace tripline {

// What could not be mounted.
[[nodiscard]] std::vector<Error> mount_missing(const std::string& run_folder);

// The folder of this daemon in the BPF file system, empty, with `base` in it. What an earlier one left there is moved to
// FOLDER_old, to what an even earlier one left there and nobody replaced. True: there is something.
[[nodiscard]] Result<bool> make_bpf_folder(const std::string& folder, const std::string& base);
void remove_bpf_folder(const std::string& folder);
// What was moved aside is the folder again: the daemon that was to replace it did not start.
void put_back_bpf_folder(const std::string& folder);

}  // namespace tripline
