// SPDX-License-Identifier: Apache-2.0
// The hook: the work at each stage of a container's life. The runtime holds the container back until the hook ends,
// and aborts the container if the status is not 0.
#pragma once

#include <expected>
#include <functional>
#include <string>

#include "base/log_line.h"
#include "client/runtime_hook.h"
#include "oci/settings.h"

namespace tripline::oci {

// How the agent is told, and asked for its version.
struct Agent {
  std::function<std::expected<void, std::string>(const ContainerNotice&)> tell;
  std::function<std::expected<std::string, std::string>()> version;
};

struct Ended {
  int status = 0;
  std::string complaint;  // for standard error, which the runtime shows; may be empty
};

// `folder`: where the runtime started us.
[[nodiscard]] Ended run_hook(const Settings& settings, const std::string& folder, const Agent& agent,
                             const std::function<void(const LogLine&)>& log);

}  // namespace tripline::oci
