// SPDX-License-Identifier: Apache-2.0
// What tests of hooks on code of user space share: cases of a hook's fields and what is said of them, and what was made of
// a hook.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "policy/checked.h"
#include "policy/corpus.h"
#include "policy/tiny_files.h"
#include "policy/tiny_kernel.h"

namespace tripline {

struct Case {
  std::string fields;
  std::string messages;
};

// Each is accepted when nothing that is said of it is an error.
template <size_t kCount>
void expect_each(Source (*hook)(std::string_view), const Case (&cases)[kCount]) {
  for (const Case& each : cases) {
    const Verdict verdict = judge(hook(each.fields));
    EXPECT_EQ(messages(verdict.diagnostics), each.messages) << each.fields;
    EXPECT_EQ(verdict.checked.has_value(), !each.messages.contains(" error: ")) << each.fields;
  }
}

// A hook of uprobes on /tiny/program; its fields begin in column 27 of line 7.
inline Source uprobe_with(std::string_view fields) {
  return policy_with("  uprobes:\n  - {path: /tiny/program, " + std::string(fields) + "}\n");
}

inline CheckedHook only(const Verdict& verdict) {
  EXPECT_TRUE(verdict.checked && verdict.checked->hooks.size() == 1) << messages(verdict.diagnostics);
  return verdict.checked && !verdict.checked->hooks.empty() ? verdict.checked->hooks[0] : CheckedHook{};
}

inline std::vector<target::UserPlace> places_of(const CheckedHook& hook) {
  const auto* code = std::get_if<target::UserCode>(&hook.target);
  return code != nullptr ? code->places : std::vector<target::UserPlace>{};
}

inline uint32_t offset(std::string_view member) {
  return tiny_kernel().btf->member("pt_regs", member)->offset;
}

}  // namespace tripline
