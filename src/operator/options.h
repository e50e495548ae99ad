// SPDX-License-Identifier: Apache-2.0
// The operator's settings. A flag can also be a file in the folder config-dir, or an environment variable:
// TETRAGON_OPERATOR_ and its name in capitals. In increasing priority: defaults, files, variables, flags.
#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <vector>

#include "base/log_line.h"
#include "flags/command.h"
#include "flags/parse.h"

namespace tripline::op {

struct Options {
  bool serves = false;  // goes on after the definitions are there
  bool skip_definitions = false;
  bool skip_pod_info = false;
  bool skip_policies = false;
  bool skip_policy_status = false;
  bool force_update = false;
  std::string kubeconfig;
  std::string health_address;   // empty: none
  std::string metrics_address;  // empty: none
  bool elects = false;
  std::string lease_namespace;  // empty: our own
  std::chrono::milliseconds lease{};
  std::chrono::milliseconds renew_deadline{};
  std::chrono::milliseconds retry{};
  std::vector<LogLine> warnings;
};

// `tripline operator` and what is called tetragon-operator.
[[nodiscard]] const flags::Command& operator_command();
[[nodiscard]] const flags::Command& tetragon_operator_command();

// `environment`: NAME=VALUE. The error is one sentence that names the setting.
[[nodiscard]] std::expected<Options, std::string> read_options(const flags::Parsed& parsed,
                                                               const std::vector<std::string>& environment);

}  // namespace tripline::op
