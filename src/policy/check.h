// SPDX-License-Identifier: Apache-2.0
// What the files of check() share. check.cc looks at the policy as a whole, check_hook.cc at one hook and the kernel
// function behind it, check_selector.cc at one selector. Private to the policy room.
//
// Each of them reports everything it finds and goes on; what it returns is used only when nothing was wrong.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/checked.h"
#include "policy/policy.h"

namespace tripline::policy {

struct Checking {
  const Policy& policy;
  const Kernel& kernel;
  Diagnostics& out;

  // Part of the language, not built yet: refused, so that nothing runs that does less than its policy says.
  void not_supported(Span span, std::string_view what) const;
};

// Which section a hook of functions stands in.
enum class Section { kKprobes, kFentries };

// What an argument of this declared type is read as; absent when that is not built.
[[nodiscard]] std::optional<ArgType> arg_type_of(DeclaredType declared);

// Absent when the hook is skipped or wrong.
[[nodiscard]] std::optional<CheckedHook> check_hook(const Checking& checking, const FunctionHook& hook,
                                                    Section section);

[[nodiscard]] CheckedSelector check_selector(const Checking& checking, const FunctionHook& hook,
                                             Section section, const Selector& selector);

// Does an action of this kind change what the process does?
[[nodiscard]] bool is_enforcing(ActionKind kind);

}  // namespace tripline::policy
