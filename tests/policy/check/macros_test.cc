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
  EXPECT_TRUE(verdict.checked->enforce) << "an action of a macro is one of the selector";
  const auto refused = [&](const std::string& text) { return messages(macros(kMacros, text).diagnostics); };
  EXPECT_EQ(refused("macros: [x]"), "7:101 error: unknown macro \"x\"\n");
  EXPECT_EQ(refused("macros: [deep]"), "7:101 error: the macro \"deep\" uses macros itself\n");
  EXPECT_EQ(
      refused("macros: [m, m]"),
      "7:104 error: matchArgs of macro \"m\" is already given by this selector or another of its macros\n");
  EXPECT_EQ(refused("macros: [k], matchActions: [{action: Post}]"),
            "7:101 error: matchActions of macro \"k\" is already given by this selector or another of its "
            "macros\n");
}

// A short document that means a large one.
TEST(Macros, LongOnesInManySelectors) {
  const auto often = [](size_t values, size_t bytes, size_t selectors) {
    std::string text = "  selectorsMacros:\n    m:\n      matchBinaries: [{operator: In, values: [";
    for (size_t n = 0; n < values; ++n) {
      const std::string number = std::to_string(n);
      text += (n == 0 ? "/" : ", /") + std::string(bytes - std::min(bytes, number.size()), 'x') + number;
    }
    text += "]}]\n  kprobes:\n  - call: fd_install\n    syscall: false\n    selectors:\n";
    for (size_t n = 0; n < selectors; ++n) text += "    - macros: [m]\n";
    return messages(judge(policy_with(text)).diagnostics);
  };
  const std::string refused =
      " error: with its macros expanded, the selectors of this policy have more than a million values\n";
  EXPECT_EQ(often(10, 1, 100), "");
  EXPECT_EQ(often(100'000, 1, 50'000), "22:16" + refused);
  EXPECT_EQ(often(1, 500'000, 50'000), "140:16" + refused);
}

TEST(Macros, ManyThatNobodyUses) {
  std::string text = "  selectorsMacros:\n";
  for (size_t n = 0; n < 30'000; ++n) text += "    m" + std::to_string(n) + ": {}\n";
  text += "  kprobes:\n  - call: fd_install\n    syscall: false\n    selectors:\n";
  for (size_t n = 0; n < 30'000; ++n) text += "    - macros: [x]\n";
  const Verdict verdict = judge(policy_with(text));
  EXPECT_EQ(verdict.diagnostics.errors(), 30'000U);
}

}  // namespace
}  // namespace tripline
