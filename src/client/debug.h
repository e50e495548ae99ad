// SPDX-License-Identifier: Apache-2.0
// Commands for inspecting an agent: the BPF programs and maps of this machine, and the contents of pinned maps. They
// query the kernel, not the agent.
#pragma once

#include "flags/parse.h"

namespace tripline {

[[nodiscard]] int debug_maps(const flags::Parsed& parsed);
[[nodiscard]] int debug_programs(const flags::Parsed& parsed);
// Until it is killed.
[[nodiscard]] int debug_count_runs(const flags::Parsed& parsed);
[[nodiscard]] int dump_execve(const flags::Parsed& parsed);
[[nodiscard]] int dump_errors(const flags::Parsed& parsed);

}  // namespace tripline
