// SPDX-License-Identifier: Apache-2.0
// The settings of the hook: flags, and the same names as keys of a JSON file in the program's folder.
#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <vector>

#include "base/log_line.h"
#include "flags/command.h"
#include "flags/parse.h"
#include "oci/fail_rules.h"

namespace tripline::oci {

struct Settings {
  std::string stage;
  std::string log_file;
  LogLevel log_level = LogLevel::kInfo;
  std::string address;
  std::chrono::nanoseconds timeout{};
  bool only_logs = false;
  bool only_prints = false;
  FailRules rules;
};

[[nodiscard]] const flags::Command& hook_command();

// `program`: the path of the program, beside which its files lie. The error is one sentence.
[[nodiscard]] std::expected<Settings, std::string> read_settings(const flags::Parsed& parsed,
                                                                 const std::string& program);

// One JSON object.
[[nodiscard]] std::string settings_text(const Settings& settings);

}  // namespace tripline::oci
