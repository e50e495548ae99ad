// SPDX-License-Identifier: Apache-2.0
// Base64, of the common alphabet. Read with or without padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tripline::cel {

[[nodiscard]] std::string to_base64(std::string_view bytes);
[[nodiscard]] std::optional<std::string> from_base64(std::string_view letters);

}  // namespace tripline::cel
