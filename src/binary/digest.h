// SPDX-License-Identifier: Apache-2.0
// Digests of a whole file, by which a policy says which file it means.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tripline::binary {

struct DigestKind {
  std::string_view name;
  size_t bytes = 0;
};
inline constexpr std::array<DigestKind, 4> kDigestKinds = {{
    {"sha1", 20},
    {"sha256", 32},
    {"sha384", 48},
    {"sha512", 64},
}};

// The digests `names` of kDigestKinds of an open file, in hexadecimal and in that order. The file is read once, from its
// start to its end, in time that grows with it.
[[nodiscard]] Result<std::vector<std::string>> digests(int file, std::span<const std::string_view> names);

}  // namespace tripline::binary
