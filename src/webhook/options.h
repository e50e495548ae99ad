// SPDX-License-Identifier: Apache-2.0
// The webhook's command line.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "flags/command.h"
#include "flags/parse.h"

namespace tripline::webhook {

struct Options {
  std::string address;
  std::string certificate;           // a file
  std::string key;                   // a file
  std::vector<std::string> kernels;  // files, and folders of them
};

[[nodiscard]] const flags::Command& webhook_command();
// The error is one sentence that names the flag.
[[nodiscard]] std::expected<Options, std::string> read_options(const flags::Parsed& parsed);

}  // namespace tripline::webhook
