// SPDX-License-Identifier: Apache-2.0
// Input that commands read first: files, and the kernel that policies are checked against.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"
#include "kernel/kernel.h"

namespace tripline {

// At most `most` bytes of a file, or of standard input for "-".
[[nodiscard]] Result<std::string> read_file(const std::string& path, size_t most);

// The saved kernel in the file at `path`, or the running one when `path` is empty; what could not be read of that is
// named on standard error.
[[nodiscard]] Result<Kernel> load_kernel(const std::string& path);

}  // namespace tripline
