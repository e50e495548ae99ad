// SPDX-License-Identifier: Apache-2.0
// Compresses a file with gzip. The result has the mode and owner of the file, and gets its name only when it is
// complete and on disk: an interruption leaves the file and a partial result next to it.
#pragma once

#include <atomic>
#include <string>

#include "base/result.h"

namespace tripline {

// Behind the name of a compressed file while it is written.
inline constexpr const char* kPartSuffix = ".part";
inline constexpr const char* kGzipSuffix = ".gz";

// Makes `path`.gz of `path` and removes `path`. Gives up when `stop` is set; that is no error, and everything is as before.
[[nodiscard]] Result<void> compress_file(const std::string& path, const std::atomic<bool>& stop);

}  // namespace tripline
