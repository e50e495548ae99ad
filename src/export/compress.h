// SPDX-License-Identifier: Apache-2.0
// A file in the form of gzip. The result has the mode and owner of the file, and stands under its name only when it is whole
// and on the disk: whoever is killed on the way leaves the file and a part beside it.
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
