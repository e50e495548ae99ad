// SPDX-License-Identifier: Apache-2.0
// The path of a cgroup from what a container's OCI spec says of it (linux.cgroupsPath): a path, or `SLICE:PREFIX:NAME`
// for systemd, which makes PREFIX-NAME.scope below the slice. Below the root of cgroups, without a slash before it.
//
// Refuses what would lead elsewhere, and slices that systemd refuses.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tripline {

[[nodiscard]] Result<std::string> cgroup_of_oci_path(std::string_view text);

}  // namespace tripline
