// SPDX-License-Identifier: Apache-2.0
// Installs the hook on a node for runtimes that read OCI hooks from a folder (CRI-O, podman): the program, and a
// file that names it. Both are written under temporary names and renamed, as a runtime may read them at any time.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "flags/command.h"

namespace tripline::oci {

struct Setup {
  std::string program = "/usr/bin/tetragon-oci-hook";  // what is copied
  std::string local_folder;                            // where it goes, as we see it
  std::string host_folder;                             // the same, as the runtime sees it
  std::string hooks_folder = "/hostHooks";             // of the runtime, as we see it
  std::vector<std::string> arguments;                  // of the hook
};

[[nodiscard]] const flags::Command& setup_command();

// tetragon-oci-hook.json of the runtime's folder.
[[nodiscard]] std::string hook_document(const Setup& setup);

[[nodiscard]] Result<void> install(const Setup& setup);
// No error when nothing is there.
[[nodiscard]] Result<void> uninstall(const Setup& setup);

}  // namespace tripline::oci
