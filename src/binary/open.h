// SPDX-License-Identifier: Apache-2.0
// Opens a file to be read and hooked. It stays open, so the checked file is the one that is hooked, whatever happens
// to its path. Below another root no path leads out of it: absolute symlinks and ".." start and end there.
#pragma once

#include <cstdint>
#include <string>

#include "base/fd.h"
#include "binary/refusal.h"

namespace tripline::binary {

struct OpenFile {
  Fd fd;
  uint64_t device = 0, inode = 0;  // the same for all paths of a file
  uint64_t size = 0;               // bytes, when it was opened
};

// A regular file, for reading. With a `root` the path is looked up as if that folder were "/".
[[nodiscard]] Read<OpenFile> open_file(const std::string& path, const std::string& root = {});

// Opens `path` below the folder `root` name by name, where a kernel cannot do it at once; -1 and errno when that fails.
// Somebody who renames folders of the root meanwhile can make it fail, or lead it astray.
[[nodiscard]] int open_below(int root, const std::string& path, int flags);

}  // namespace tripline::binary
