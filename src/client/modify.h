// SPDX-License-Identifier: Apache-2.0
// A policy document with another mode: comments are lost, keys are sorted, every option policy-mode is replaced by one
// at the end of the options.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace tripline::client {

// "enforce" or "monitor". The error is a sentence.
[[nodiscard]] std::expected<std::string, std::string> with_mode(const std::string& document,
                                                                std::string_view mode);

}  // namespace tripline::client
