// SPDX-License-Identifier: Apache-2.0
// The usual metrics of the agent's own process: CPU time, memory, descriptors, network bytes.
#pragma once

#include <string>

#include "metrics/page.h"

namespace tripline {

// `proc`: where the proc file system is. What cannot be read stays 0.
void show_own_process(Page& page, const std::string& proc = "/proc");

}  // namespace tripline
