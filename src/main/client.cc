// SPDX-License-Identifier: Apache-2.0
// The client: what is called `tetra`, and the sub-commands of `tripline` that ask an agent.
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/log_line.h"
#include "client/client.h"
#include "client/commands.h"
#include "flags/complete.h"
#include "flags/parse.h"
#include "main/commands.h"
#include "main/program.h"

namespace tripline {
namespace {

bool has_bpffs() {
  std::ifstream mounts("/proc/self/mounts");
  for (std::string line; std::getline(mounts, line);) {
    const size_t path = line.find(' ');
    const size_t type = line.find(' ', path + 1);
    if (type != std::string::npos && line.compare(type, 5, " bpf ") == 0) return true;
  }
  return false;
}

// `explain FILE` says what a policy becomes; of anything else the client says what it is.
bool names_a_file(std::span<const std::string_view> words) {
  return std::ranges::any_of(words, [](std::string_view word) {
    struct stat file{};
    return word == "-" || word.starts_with("--kernel") || stat(std::string(word).c_str(), &file) == 0;
  });
}

}  // namespace

bool is_client_command(std::span<const std::string_view> args) {
  if (args.empty()) return false;
  if (args[0] == flags::kCompleteWord || args[0] == flags::kCompletePlainWord) return true;
  const flags::Found found = flags::find_command(tripline_command(), args);
  if (found.path.size() < 2 || is_own_command(*found.path[1])) return false;
  return found.path[1]->name() != "explain" || !names_a_file(found.rest);
}

int client_command(std::span<const std::string_view> args, bool own_name) {
  if (own_name) return run_client(program(), args);
  // Scripts know this line; it says that no agent has been here.
  if (!has_bpffs())
    fmt::print(stderr, "{}\n", LogLine{LogLevel::kWarning, "Could not find BPF map root"}.text());
  return run_client(tetra_command(), args);
}

}  // namespace tripline
