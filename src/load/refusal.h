// SPDX-License-Identifier: Apache-2.0
// Explains the kernel's errors to the user: sentences instead of errno values and verifier logs.
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

// What the verifier said last.
struct VerifierWord {
  std::string line;
  std::optional<uint32_t> instruction;  // of the whole program, where it stood
  std::string place;                    // in a policy, "FILE:LINE:COLUMN"; empty when unknown
  std::string argument;                 // that it reads there; empty when it reads none
};

// The whole of it as a sentence, and what would help.
[[nodiscard]] std::string explained(const VerifierWord& word);

// `lines` say which instructions of the program itself (no function) and of its first static subprogram come from
// where; other subprograms come from no policy: there the place is that of the call.
[[nodiscard]] VerifierWord last_word(std::string_view log, std::span<const LineInfo> lines);

}  // namespace tripline
