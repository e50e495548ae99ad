// SPDX-License-Identifier: Apache-2.0
// `resolve`: a path through kernel types, or the name of a register. Private to the policy room.
#pragma once

#include <string_view>

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

// The register that argument.resolve names, for data from pt_regs; likewise.
bool resolve_register(const Checking& checking, const Argument& argument, CheckedArg& out);

}  // namespace tripline::policy
