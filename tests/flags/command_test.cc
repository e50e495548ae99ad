// SPDX-License-Identifier: Apache-2.0
#include "flags/command.h"

#include <gtest/gtest.h>

#include "flags/program.h"

namespace tripline::flags {
namespace {

TEST(Command, NameAndPath) {
  const Command* path[] = {&kProgram, &kProgramCommands[0], &kPolicyCommands[0]};
  EXPECT_EQ(path[2]->name(), "add");
  EXPECT_EQ(path_text(path), "prog policy add");
}

TEST(Command, DefaultsAreOfTheirType) {
  EXPECT_EQ(default_value(kShared[0]), Value(false));
  EXPECT_EQ(default_value(kShared[1]), Value(Duration(std::chrono::seconds(30))));
  EXPECT_EQ(default_value(kShared[2]), Value(std::string()));
  EXPECT_EQ(default_value(kAddFlags[1]), Value(std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(default_value({.name = "n", .type = Type::kUint}), Value(uint64_t{0}));
}

}  // namespace
}  // namespace tripline::flags
