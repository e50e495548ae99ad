// SPDX-License-Identifier: Apache-2.0
#include "flags/complete.h"

#include <gtest/gtest.h>

#include "flags/program.h"

namespace tripline::flags {
namespace {

std::string offered(const std::vector<std::string_view>& args, bool described = true) {
  return complete(kProgram, args, described);
}

TEST(Complete, Commands) {
  EXPECT_EQ(offered({"policy", ""}), "add\tAdd a policy\nlist\tList policies\nmake\tMake a policy\n:4\n");
  EXPECT_EQ(offered({"policy", "a"}, false), "add\n:4\n");
  EXPECT_EQ(offered({"-d", "--timeout", "5s", "st"}), "status\tSay how it is\n:4\n");
}

TEST(Complete, FlagsButNotTheHiddenOnes) {
  EXPECT_EQ(offered({"policy", "add", "--"}, false),
            "--count\n--help\n--label\n--mode\n--output\n--quick\n--debug\n--server\n--timeout\n:4\n");
  EXPECT_EQ(offered({"policy", "add", "--co"}), "--count\tHow many\n:4\n");
}

TEST(Complete, FilesWhereAWordOrAValueIsFree) {
  EXPECT_EQ(offered({"policy", "add", ""}), ":0\n");
  EXPECT_EQ(offered({"policy", "add", "--output", ""}), ":0\n");
  EXPECT_EQ(offered({"policy", "add", "-o", "-"}), ":0\n");
}

}  // namespace
}  // namespace tripline::flags
