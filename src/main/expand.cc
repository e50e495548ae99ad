// SPDX-License-Identifier: Apache-2.0
// `tripline expand`: what an export in the format compact-json says, as it would be in the format json.
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>

#include "export/compact_json.h"
#include "main/commands.h"

namespace tripline {
namespace {

constexpr size_t kEnough = 64 << 10;  // bytes that are not to wait for more

bool print(std::string& text) {
  const bool done = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  text.clear();
  return done;
}

// A line that cannot be read is told of, and the rest is read on: another group may follow.
bool expand(std::istream& in, const std::string& name) {
  JsonExpander expander;
  std::string line, out;
  bool good = true;
  for (size_t number = 1; std::getline(in, line); number++) {
    if (const auto done = expander.add(line, out); !done) {
      fmt::print(stderr, "tripline: {}:{}: {}\n", name, number, done.error());
      good = false;
    }
    // Whoever follows a file waits for each line.
    if ((out.size() >= kEnough || in.rdbuf()->in_avail() <= 0) && !print(out)) return false;
  }
  return print(out) && std::fflush(stdout) == 0 && good;
}

}  // namespace

int expand_command(const ExpandFlags& flags) {
  if (flags.files.empty()) return expand(std::cin, "-") ? 0 : 1;
  bool good = true;
  for (const std::string& file : flags.files) {
    if (file == "-") {
      good = expand(std::cin, file) && good;
      continue;
    }
    std::ifstream in(file, std::ios::binary);
    if (!in) {
      fmt::print(stderr, "tripline: {} cannot be read\n", file);
      good = false;
      continue;
    }
    good = expand(in, file) && good;
  }
  return good ? 0 : 1;
}

}  // namespace tripline
