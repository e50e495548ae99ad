// SPDX-License-Identifier: Apache-2.0
// The daemon's configuration: settings from all sources, and what they mean. From the weakest: defaults, the folders of
// packages below /usr, /etc/tetragon/tetragon.yaml, ./tetragon.yaml, /etc/tetragon/tetragon.conf.d, config-dir, the
// environment, flags.
//
// Any error here ends startup with kStartRefused and one log line; a malformed flag has already been refused by the
// parser, with status 1.
#pragma once

#include <expected>
#include <vector>

#include "base/log_line.h"
#include "config/keys.h"
#include "config/sources.h"
#include "config/validate.h"
#include "flags/parse.h"

namespace tripline::config {

inline constexpr int kStartRefused = 255;

struct Config {
  Settings settings;
  Meaning meaning;
  std::vector<LogLine> warnings;
};

[[nodiscard]] std::expected<Config, LogLine> load(const flags::Parsed& parsed, const Surroundings& here);

}  // namespace tripline::config
