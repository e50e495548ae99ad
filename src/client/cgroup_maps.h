// SPDX-License-Identifier: Apache-2.0
// Commands for inspecting an agent that distinguishes containers: which policies cover which cgroups, and which
// cgroup stands for which. The agent keeps both in pinned maps; a machine without containers has none.
#pragma once

#include "flags/parse.h"

namespace tripline {

[[nodiscard]] int dump_policy_filter(const flags::Parsed& parsed);
[[nodiscard]] int add_to_policy_filter(const flags::Parsed& parsed);
[[nodiscard]] int show_cgroup_id(const flags::Parsed& parsed);
[[nodiscard]] int list_policies_of_container(const flags::Parsed& parsed);
[[nodiscard]] int dump_cgroup_tracker(const flags::Parsed& parsed);
[[nodiscard]] int add_to_cgroup_tracker(const flags::Parsed& parsed);

}  // namespace tripline
