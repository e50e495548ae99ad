// SPDX-License-Identifier: Apache-2.0
// The places other than flags that settings are read from: folders with a file for each key, YAML files, the
// environment. What is found is kept as text; whether it fits its key is seen only for the value that wins (load.h).
//
// Every path is looked up below `Surroundings::root`, but shown without it. A source that cannot be read gives a
// warning, except a folder that was given explicitly.
#pragma once

#include <expected>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "base/log_line.h"
#include "config/keys.h"

namespace tripline::config {

struct Surroundings {
  std::string root;                      // "" is the real one
  std::string folder;                    // the current one, absolute
  std::vector<std::string> environment;  // NAME=VALUE
};

// A value that no key can have.
struct Misfit {
  std::string_view why;
};

struct Given {
  std::variant<std::string, std::vector<std::string>, Misfit> value;
  Origin from;
};

// The value of each key from the last source that had one.
struct Findings {
  std::map<const Key*, Given> values;
  std::vector<LogLine> warnings;
};

// A folder with a file for each key; links to files count, folders do not, names with two dots in front neither. One
// that is not there is no mistake.
void read_drop_ins(const Surroundings& here, const std::string& folder, Findings& findings);

// The same of a folder that must be there: the error is what to say of it.
[[nodiscard]] std::expected<void, std::string> read_config_dir(const Surroundings& here,
                                                               const std::string& folder, Findings& findings);

// A mapping of keys to values. A file that is broken changes nothing and is a warning.
void read_yaml_file(const Surroundings& here, const std::string& path, Findings& findings);

// TETRAGON_<KEY>; a variable without a value counts as not set.
void read_environment(const Surroundings& here, Findings& findings);

}  // namespace tripline::config
