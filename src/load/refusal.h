// SPDX-License-Identifier: Apache-2.0
// What the kernel's refusals mean: sentences for the user instead of errno values and verifier logs.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "object/object.h"

namespace tripline {

// What could be done about a bpf(2) call that failed with `errnum`, in view of this process's privileges and the
// kernel's lockdown; empty when there is nothing to say.
[[nodiscard]] std::string advice(int errnum);

// What the verifier said last, and at which instruction of the program it stood.
struct VerifierWord {
  std::string line;
  std::optional<uint32_t> instruction;
};
[[nodiscard]] VerifierWord last_word(std::string_view log);

// The place in a policy that instruction `instruction` comes from: "FILE:LINE:COLUMN", or "".
[[nodiscard]] std::string policy_place(std::span<const LineInfo> lines, uint32_t instruction);

}  // namespace tripline
