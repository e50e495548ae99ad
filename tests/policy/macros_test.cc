// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "policy/checked.h"
#include "policy/corpus.h"

namespace tripline {
namespace {

TEST(Macros, AreMerged) {
  const auto macros = [](const std::string& definitions, const std::string& selector) {
    return judge(
        policy_with("  selectorsMacros: {" + definitions +
                    "}\n  kprobes: [{call: fd_install, syscall: false, args: [{index: 0, type: int}], "
                    "selectors: [{" +
                    selector + "}]}]\n"));
  };
  const std::string kMacros =
      "m: {label: lm, matchArgs: [{index: 0, operator: Equal, values: ['1']}]}, k: {label: lk, matchActions: "
      "[{action: Sigkill}]}, deep: {macros: [m]}";
  const Verdict verdict = macros(kMacros, "macros: [m, k]");
  ASSERT_TRUE(verdict.checked) << verdict.text;
  const CheckedSelector& selector = verdict.checked->hooks[0].selectors[0];
  EXPECT_EQ(selector.filters.size(), 1U);
  EXPECT_EQ(selector.actions.at(0).kind, CheckedAction::Kind::kSigkill);
  EXPECT_EQ(selector.label, "lm");
  EXPECT_TRUE(verdict.checked->monitor_only) << "the mode is that of the selectors as written";
  const auto refused = [&](const std::string& text) { return messages(macros(kMacros, text).diagnostics); };
  EXPECT_EQ(refused("macros: [x]"), "7:101 error: there is no macro \"x\"\n");
  EXPECT_EQ(refused("macros: [deep]"), "7:101 error: the macro \"deep\" names macros itself\n");
  EXPECT_EQ(refused("macros: [m, m]"),
            "7:104 error: matchArgs of macro \"m\" is given already by this selector or "
            "by another macro of it\n");
  EXPECT_EQ(refused("macros: [k], matchActions: [{action: Post}]"),
            "7:101 error: matchActions of macro \"k\" is given already by this selector or by another macro "
            "of it\n");
}

}  // namespace
}  // namespace tripline
