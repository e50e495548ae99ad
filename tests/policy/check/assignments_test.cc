// SPDX-License-Identifier: Apache-2.0
// What is wrong with one is in uprobe_test.cc.
#include "policy/check/assignments.h"

#include <gtest/gtest.h>

#include <string>

#include "policy/checked.h"
#include "policy/corpus.h"
#include "policy/tiny_files.h"
#include "policy/tiny_kernel.h"

namespace tripline {
namespace {

// A hook of /tiny/program; its fields begin in column 27 of line 7.
Source hook(std::string_view fields) {
  return policy_with("  uprobes:\n  - {path: /tiny/program, " + std::string(fields) + "}\n");
}

CheckedHook only(const Verdict& verdict) {
  EXPECT_TRUE(verdict.checked && verdict.checked->hooks.size() == 1) << messages(verdict.diagnostics);
  return verdict.checked && !verdict.checked->hooks.empty() ? verdict.checked->hooks[0] : CheckedHook{};
}

uint32_t offset(std::string_view member) { return tiny_kernel().btf->member("pt_regs", member)->offset; }

std::string with_action(const std::string& action) {
  return "symbols: [first], selectors: [{matchActions: [{action: " + action + "}]}]";
}

std::vector<Assignment> assigned(const std::string& action) {
  const CheckedHook hooked = only(judge(hook(with_action("Override, " + action))));
  if (hooked.selectors.empty() || hooked.selectors[0].actions.empty()) return {};
  return hooked.selectors[0].actions[0].assignments;
}

TEST(Assignments, AsTheyAreWritten) {
  using From = Assignment::From;
  EXPECT_EQ(assigned("argError: -7"),
            (std::vector<Assignment>{
                {.to = offset("ax"), .from = From::kConstant, .constant = -7},
                {.to = offset("ip"), .from = From::kMemory, .reg = offset("sp")},
                {.to = offset("sp"), .from = From::kRegister, .reg = offset("sp"), .constant = 8}}));
  EXPECT_EQ(
      assigned("argRegs: ['rax=0x10', ' r8d = %edi ', 'rdi=-8%rsi', 'al=(%rsp)', 'rbx=8(%r9)']"),
      (std::vector<Assignment>{
          {.to = offset("ax"), .constant = 16},
          {.to = offset("r8"), .to_size = 4, .from = From::kRegister, .reg = offset("di"), .reg_size = 4},
          {.to = offset("di"), .from = From::kRegister, .reg = offset("si"), .constant = -8},
          {.to = offset("ax"), .to_size = 1, .from = From::kMemory, .reg = offset("sp")},
          {.to = offset("bx"), .from = From::kMemory, .reg = offset("r9"), .constant = 8}}));
  const std::vector<Assignment> moved = {
      {.to = offset("ip"), .from = From::kRegister, .reg = offset("ip"), .constant = 0x100}};
  EXPECT_EQ(assigned("argNewSymbol: second"), moved);
  EXPECT_EQ(assigned("argNewOffset: 0x1100"), moved);
  EXPECT_EQ(assigned("argNewAddr: 0x1100"), moved);
}

}  // namespace
}  // namespace tripline
