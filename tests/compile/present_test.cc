// SPDX-License-Identifier: Apache-2.0
// That memory is really brought in is in tests/agree/user_test.cc.
#include "compile/present.h"

#include <gtest/gtest.h>

#include "compile/lower.h"
#include "compile/saved.h"

namespace tripline {
namespace {

using Kind = ArgSource::Kind;

CheckedArg in_register(ArgType type, uint32_t offset) {
  return {.type = type, .source = {.kind = Kind::kRegister, .offset = offset}};
}

// The filter program of a hook with these arguments, as text.
std::string filter_with(std::vector<CheckedArg> args, bool sleeps = true) {
  Kernel kernel = saved_kernel("debian-6.12");
  kernel.features.uprobe_sleeps = sleeps;
  CheckedHook hook;
  hook.kind = HookKind::kUprobe;
  hook.target = target::UserCode{{.path = "/lib/l", .inode = 5}, {{0x10, 0, "f"}}};
  hook.attachment = Attachment::kUprobe;
  hook.args = std::move(args);
  hook.selectors.resize(1);
  hook.selectors[0].actions = {{}};
  return ir::print(lower(plan({policy_of("p", {hook})}), kernel, {}).filter);
}

size_t count(const std::string& text, std::string_view part) {
  size_t out = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++out;
  return out;
}

TEST(Present, WhatTheJudgeReadsIsBroughtInOnceAndBeforeIt) {
  CheckedArg buffer = in_register(ArgType::kCharBuf, 104);
  buffer.size = ArgSource{.kind = Kind::kRegister, .offset = 96};
  CheckedArg vectors = in_register(ArgType::kCharIovec, 88);
  vectors.size = buffer.size;
  const std::string text =
      filter_with({in_register(ArgType::kInt32, 72), in_register(ArgType::kString, 112),
                   in_register(ArgType::kString, 112), buffer, vectors, in_register(ArgType::kSockaddr, 64)});
  EXPECT_EQ(count(text, "call tl_present_text("), 1U) << text;
  EXPECT_EQ(count(text, "call tl_present_vectors("), 1U) << text;
  EXPECT_EQ(count(text, "call tl_present("), 2U) << text;
  EXPECT_LT(text.rfind("call tl_present"), text.find("call tl_judge(")) << text;
}

TEST(Present, PointersOnTheWayToo) {
  CheckedArg number = in_register(ArgType::kInt32, 112);
  number.source.size = 4;
  number.source.steps = {{8, true}, {16, false}};
  const std::string text = filter_with({number});
  EXPECT_EQ(count(text, "call tl_present_pointer("), 1U) << text;
  EXPECT_EQ(count(text, "call tl_present("), 1U) << text;
}

TEST(Present, NothingIsWhereProgramsCannotSleepOrReadRegistersAlone) {
  EXPECT_EQ(count(filter_with({in_register(ArgType::kString, 112)}, false), "tl_present"), 0U);
  EXPECT_EQ(count(filter_with({in_register(ArgType::kInt32, 112)}), "tl_present"), 0U);
}

}  // namespace
}  // namespace tripline
