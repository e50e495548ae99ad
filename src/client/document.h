// SPDX-License-Identifier: Apache-2.0
// A policy's file on the command line.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace tripline {

// The error names the file.
[[nodiscard]] std::expected<std::string, std::string> read_document(const std::string& path);

// What is said when --mode cannot be applied.
[[nodiscard]] std::string mode_error(std::string_view mode, std::string_view path, std::string_view why);

}  // namespace tripline
