// SPDX-License-Identifier: Apache-2.0
// Where the kernel can put a probe: it replaces an instruction by a breakpoint and executes a copy of it elsewhere, or
// does itself what it would do, and refuses those with which neither works. Only x86-64 in 64-bit mode.
//
// It does not tell data from code: what is no instruction at all is left to the kernel, and so is what kernels do not agree on.
#pragma once

#include <cstddef>
#include <string_view>

namespace tripline::binary {

// As many bytes as an instruction can have, and so many the kernel looks at.
inline constexpr size_t kLongestInstruction = 16;

// Why the kernel puts no probe on the instruction that `code` begins with: "it has the prefix LOCK"; empty when it does.
[[nodiscard]] std::string_view why_no_probe(std::string_view code);

}  // namespace tripline::binary
