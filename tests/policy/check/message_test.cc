// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "policy/checked.h"
#include "policy/corpus.h"

namespace tripline {
namespace {

std::string hook(std::string_view fields) {
  return "  kprobes: [{syscall: false, " + std::string(fields) + "}]\n";
}

std::string told(std::string_view fields) { return messages(judge(policy_with(hook(fields))).diagnostics); }

TEST(CheckMessage, MessagesAndTags) {
  EXPECT_EQ(told("call: fd_install, message: x"), "6:57 error: this message is too short\n");
  EXPECT_EQ(told("call: fd_install, message: ''"), "");
  EXPECT_EQ(told("call: fd_install, tags: [ok, x, '']"),
            "6:59 error: this tag is too short\n6:62 error: this tag is too short\n");
  const std::string long_text(300, 'm');
  const Verdict verdict =
      judge(policy_with(hook("call: fd_install, message: " + long_text + ", tags: [" + long_text + "]")));
  ASSERT_TRUE(verdict.checked);
  EXPECT_EQ(verdict.checked->hooks[0].message, std::string(256, 'm'));
  EXPECT_EQ(verdict.checked->hooks[0].tags[0], std::string(128, 'm'));
  EXPECT_EQ(verdict.diagnostics.all().size(), 2U);
}

}  // namespace
}  // namespace tripline
