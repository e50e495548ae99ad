// SPDX-License-Identifier: Apache-2.0
// `tripline man FOLDER`: the manual pages of all names of the program, made of the tables by which it reads its command
// lines.
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

#include "client/commands.h"
#include "config/daemon.h"
#include "flags/man.h"
#include "main/commands.h"
#include "main/program.h"

namespace tripline {

int man_command(const std::string& folder) {
  struct Pages {
    const flags::Command& root;
    std::string_view section;
  };
  for (const auto& [root, section] :
       {Pages{program(), "1"}, Pages{tetra_command(), "1"}, Pages{config::tetragon_command(), "8"}}) {
    for (const flags::ManualPage& page : flags::manual_pages(root, section, TRIPLINE_VERSION)) {
      const std::string path = folder + "/" + page.name;
      std::ofstream file(path);
      if (file << page.text << std::flush) continue;
      fmt::print(stderr, "tripline: write {}: {}\n", path, std::strerror(errno));
      return 1;
    }
  }
  return 0;
}

}  // namespace tripline
