// SPDX-License-Identifier: Apache-2.0
// `resolve`: a path through kernel types, or the name of a register. Private to the policy room.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "policy/check/check.h"

namespace tripline::policy {

// What an argument's path starts from.
struct ResolveRoot {
  Btf::Type type;         // of the value that the source gives: a pointer to a struct, for most paths
  std::string_view what;  // for messages: "parameter 1 of \"fd_install\""
  // Of a program of user space: where btfType is looked for, instead of the kernel.
  const Btf* types = nullptr;
};

// Follows argument.resolve from `root`, or from the struct that btfType names: fills steps, type and the size of what
// is at the end into `out`. False when there is no such way, which is reported.
bool resolve_path(const Checking& checking, const Argument& argument, const ResolveRoot& root,
                  CheckedArg& out);

// A register of x86-64: where it is in struct pt_regs, and its bytes.
struct RegisterPlace {
  uint32_t offset = 0;
  uint32_t size = 8;
};
// By its name, "rdi", "edi"; absent when there is none, and `names` then has all of them.
[[nodiscard]] std::optional<RegisterPlace> find_register(const Checking& checking, std::string_view name,
                                                         std::vector<std::string_view>& names);

// The register that argument.resolve names, for data from pt_regs; likewise.
bool resolve_register(const Checking& checking, const Argument& argument, CheckedArg& out);

}  // namespace tripline::policy
