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

TEST(CheckParameter, AFileMustBeAFile) {
  const Verdict verdict = judge(policy_with(hook("call: fd_install, args: [{index: 0, type: file}]")));
  ASSERT_EQ(verdict.diagnostics.all().size(), 1U);
  const Diagnostic& told_so = verdict.diagnostics.all()[0];
  EXPECT_EQ(told_so.span, (Span{6, 63, 1}));
  EXPECT_EQ(told_so.message, "parameter 0 of \"fd_install\" is \"unsigned int fd\", not a file");
  EXPECT_EQ(told_so.expected, "struct file *");
  EXPECT_EQ(told_so.hint, "parameter 1 is one, \"struct file *file\": write \"index: 1\"");
  EXPECT_EQ(told("call: takes_numbers, args: [{index: 0, type: file}]"),
            "6:66 error: parameter 0 of \"takes_numbers\" is \"long a\", not a file\n");
}

TEST(CheckParameter, NumbersOfOtherWidthsAreToldOf) {
  const auto int_at = [](std::string_view function, int index, std::string_view type = "int") {
    return told("call: " + std::string(function) + ", args: [{index: " + std::to_string(index) +
                ", type: " + std::string(type) + "}]");
  };
  EXPECT_EQ(int_at("fd_install", 0), "");
  EXPECT_EQ(int_at("fd_install", 0, "int32"), "");
  EXPECT_EQ(int_at("takes_numbers", 0), "");
  EXPECT_EQ(int_at("takes_numbers", 0, "sint32"),
            "6:75 warning: parameter 0 of \"takes_numbers\" is \"long a\"; as int32 only its low 32 bits are "
            "read\n");
  EXPECT_EQ(
      int_at("takes_numbers", 1),
      "6:75 warning: parameter 1 of \"takes_numbers\" is \"u64 b\"; as int only its low 32 bits are read\n");
  EXPECT_EQ(int_at("takes_numbers", 3), "");
  EXPECT_NE(int_at("fd_install", 1).find("warning: parameter 1 of \"fd_install\" is \"struct file *file\""),
            std::string::npos);
  EXPECT_NE(int_at("takes_pair", 0)
                .find("error: parameter 0 of \"takes_pair\" is \"struct pair p\", not an integer"),
            std::string::npos);
}

}  // namespace
}  // namespace tripline
