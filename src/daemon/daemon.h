// SPDX-License-Identifier: Apache-2.0
// The daemon: an agent with its policies, its listeners and its exported events, from start to orderly stop. This file is
// the order in which things start; scripts and probes know that order by what they can observe.
//
// Nothing is served before events flow, and no call is judged by only some of the policies given at startup.
#pragma once

#include <string>

#include "config/load.h"
#include "daemon/log.h"

namespace tripline {

// The exit status: 0 after SIGINT or SIGTERM, 255 when the start failed. What failed is in the log.
[[nodiscard]] int run_daemon(const config::Config& config, const Log& log);

}  // namespace tripline
