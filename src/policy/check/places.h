// SPDX-License-Identifier: Apache-2.0
// What hooks on code of user space have in common: the file, and what is in its registers. Private to the policy room.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/check/check.h"

namespace tripline::policy {

// The file that a hook names; null when it cannot be hooked, which is reported.
[[nodiscard]] const KnownFile* find_file(const Checking& checking, const Text& path);
// Can the kernel put a probe at this offset of the file, in its code? Else an error at `span`; `place` is for the message.
bool check_instruction(const Checking& checking, const KnownFile& file, uint64_t offset,
                       const std::string& place, const Span& span);
// The types that btfPath names; null when there are none, which is reported, or none are asked for.
[[nodiscard]] const Btf* find_types(const Checking& checking, const Text& path);

// A register of the process when the hook is reached, by its name in struct pt_regs: "di", "r8".
[[nodiscard]] ArgSource register_source(const Checking& checking, std::string_view member);

// An argument whose 8 bytes come from `source`, by its declared type, or by the path from there. Absent when it cannot be
// read, which is reported. `what` is for messages: "argument 0".
[[nodiscard]] std::optional<CheckedArg> check_user_argument(const Checking& checking,
                                                            const Argument& argument, ArgSource source,
                                                            const Btf* types, std::string_view what);

// The selectors of a hook, of which the rest is known.
void check_user_selectors(const Checking& checking, const std::vector<Selector>& selectors,
                          const std::vector<Argument>& args, const std::vector<Argument>& data,
                          const std::optional<Argument>& return_arg, CheckedHook& checked);

// Uprobes where the kernel has them; else an error at `span`.
void check_uprobes_built(const Checking& checking, const Span& span);

// One hook where the kernel can tell its program which of the places was reached, else one for each.
[[nodiscard]] std::vector<CheckedHook> on_places(const Checking& checking, CheckedHook hook);

}  // namespace tripline::policy
