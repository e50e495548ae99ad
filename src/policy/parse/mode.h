// SPDX-License-Identifier: Apache-2.0
// A policy's text with another mode. The document is written anew: comments are lost and keys sorted.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace tripline {

// `mode` is "enforce" or "monitor"; the error is for people.
[[nodiscard]] std::expected<std::string, std::string> with_mode(const std::string& text,
                                                                std::string_view mode);

}  // namespace tripline
