// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "policy/corpus.h"

namespace tripline {
namespace {

std::string told(std::string_view spec) { return messages(judge(policy_with(spec)).diagnostics); }

TEST(CheckOptions, NamesAndValues) {
  const auto option = [](const std::string& fields) { return told("  options: [{" + fields + "}]\n"); };
  for (const std::string word :
       {"1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"}) {
    EXPECT_EQ(option("name: disable-kprobe-multi, value: '" + word + "'"), "");
    EXPECT_EQ(option("name: disable-uprobe-multi, value: '" + word + "'"), "");
  }
  EXPECT_EQ(option("name: disable-kprobe-multi, value: 'yes'"),
            "6:49 error: \"yes\" is not a valid value of disable-kprobe-multi\n");
  EXPECT_EQ(option("name: disable-kprobe-multi"),
            "6:20 error: \"\" is not a valid value of disable-kprobe-multi\n");
  EXPECT_EQ(option("name: override-method, value: fmod-ret"), "");
  EXPECT_EQ(option("name: override-method, value: fmod_ret"),
            "6:44 error: \"fmod_ret\" is not a valid value of override-method\n");
  EXPECT_EQ(option("name: sleepable-preload-size, value: '100'"), "");
  EXPECT_EQ(option("name: sleepable-preload-size, value: '0'"),
            "6:51 error: \"0\" is not a valid value of sleepable-preload-size\n");
  EXPECT_EQ(option("name: sleepable-preload-size, value: '-1'"),
            "6:51 error: \"-1\" is not a valid value of sleepable-preload-size\n");
  EXPECT_EQ(option("name: policy-mod, value: monitor"),
            "6:20 warning: unknown option \"policy-mod\" has no effect\n");
}

TEST(CheckOptions, TheLastOfANameCounts) {
  const std::string both =
      "  options: [{name: policy-mode, value: monitor}, {name: policy-mode, value: enforce}]\n";
  const Verdict verdict = judge(policy_with(
      both +
      "  kprobes: [{call: fd_install, syscall: false, selectors: [{matchActions: [{action: Sigkill}]}]}]\n"));
  ASSERT_TRUE(verdict.checked) << verdict.text;
  EXPECT_TRUE(verdict.checked->enforce);
}

}  // namespace
}  // namespace tripline
