// SPDX-License-Identifier: Apache-2.0
// The small decisions around a compiled hook: which variant of the runtime library it is linked with, what its section
// and program are called, where its instructions come from.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "compile/plan.h"
#include "compile/translate.h"
#include "emit/emit.h"
#include "kernel/kernel.h"
#include "object/object.h"

namespace tripline {

struct Library {
  std::string_view name;  // of the embedded object
  std::span<const std::byte> bytes;
};

// Typed arguments or plain addresses, by attachment; with or without what kernels before 5.17 lack.
[[nodiscard]] Library library_for(Attachment attachment, const Kernel& kernel);

// Maps of the library that only some of its functions use, and none of those is called.
[[nodiscard]] std::vector<std::string> unused_maps(std::span<const Code* const> codes);

// What keeps the entries of processes.
[[nodiscard]] Library facts_library(const Kernel& kernel);
// What programs that ask for the process or for hashes are linked with besides; none when `codes` do not ask.
[[nodiscard]] std::vector<Library> more_libraries(std::span<const Code* const> codes);

// `waits`: waits_for_memory().
[[nodiscard]] std::string section_name(const HookPlan& plan, bool waits = false);
// A C identifier of at most 15 bytes, as the kernel keeps them.
[[nodiscard]] std::string program_name(const HookPlan& plan);
[[nodiscard]] ProgramInfo program_info(const HookPlan& plan, const Numbering& numbering, const Code& filter);
[[nodiscard]] std::vector<LineInfo> lines_of(const HookPlan& plan, const Translation& translated);

}  // namespace tripline
