// SPDX-License-Identifier: Apache-2.0
#include "compile/condition/dentry.h"

#include <gtest/gtest.h>

#include "compile/saved.h"

namespace tripline {
namespace {

using Leaves = std::vector<Leaf>;

TEST(LeavesOfEqual, AreTheLastComponentAndTheOneBeforeIt) {
  EXPECT_EQ(leaves_of_equal({"/tmp/tetragon", "/x"})->leaves, (Leaves{{"tetragon", "tmp"}, {"x", ""}}));
}

TEST(LeavesOfEqual, OfAnUnlinkedFileAreWithAndWithoutTheMark) {
  EXPECT_EQ(leaves_of_equal({"/a/b (deleted)"})->leaves, (Leaves{{"b (deleted)", "a"}, {"b", "a"}}));
}

TEST(LeavesOfEqual, ValuesThatEqualNoPathAreLeftOut) {
  EXPECT_EQ(leaves_of_equal({"relative", "", "/ends/"})->leaves, Leaves{});
}

TEST(LeavesOfEqual, TheRootCanHaveAnyName) { EXPECT_FALSE(leaves_of_equal({"/a", "/"})); }

TEST(LeavesOfPostfix, NeedASlashBeforeEachComponent) {
  EXPECT_EQ(leaves_of_postfix({"/etc/passwd", "c/passwd", "/x"})->leaves,
            (Leaves{{"passwd", "etc"}, {"passwd", ""}, {"x", ""}}));
  EXPECT_FALSE(leaves_of_postfix({".txt"}));
  EXPECT_FALSE(leaves_of_postfix({"/a/"}));
}

TEST(LeavesOfPostfix, MayNotEndInsideTheMark) { EXPECT_FALSE(leaves_of_postfix({"/a (deleted)"})); }

TEST(BeginningsOfPrefix, AreWholeWhereASlashFollows) {
  using namespace std::string_literals;
  const auto set = beginnings_of_prefix({"/et", "/etc/", "/etc/pass", "/usr/lib/x"});
  ASSERT_TRUE(set);
  EXPECT_EQ(set->beginnings,
            (std::vector<Beginning>{{"et", ""}, {"etc\0"s, ""}, {"etc\0"s, "pass"}, {"usr\0"s, "lib\0"s}}));
}

TEST(BeginningsOfPrefix, StopBeforeABlank) {
  EXPECT_EQ(beginnings_of_prefix({"/my file"})->beginnings, (std::vector<Beginning>{{"my", ""}}));
}

TEST(BeginningsOfPrefix, SomeValuesFitEveryPath) {
  EXPECT_FALSE(beginnings_of_prefix({"/"}));
  EXPECT_FALSE(beginnings_of_prefix({""}));
  EXPECT_FALSE(beginnings_of_prefix({"/ x"}));
}

TEST(BeginningsOfPrefix, SomeValuesFitNoPath) {
  EXPECT_TRUE(beginnings_of_prefix({"etc", "//etc", "/etc//x"})->beginnings.empty());
}

TEST(FileOffsets, ComeFromTheKernel) {
  const auto old = file_offsets(saved_kernel("debian-5.10"));
  const auto late = file_offsets(saved_kernel("debian-7.3"));
  ASSERT_TRUE(old);
  ASSERT_TRUE(late);
  EXPECT_EQ(old->inline_size, 32U);
  EXPECT_EQ(late->inline_size, 40U);
  EXPECT_FALSE(file_offsets(Kernel{}));
}

}  // namespace
}  // namespace tripline
