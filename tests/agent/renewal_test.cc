// SPDX-License-Identifier: Apache-2.0
#include "agent/renewal.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

CheckedHook hook_on(const std::string& path, uint64_t inode, uint64_t offset = 16) {
  CheckedHook out;
  out.kind = HookKind::kUprobe;
  out.target = target::UserCode{{path, 1, inode}, {{offset}}};
  return out;
}

CheckedPolicy policy_on(std::vector<CheckedHook> hooks) {
  CheckedPolicy out;
  out.name = "p";
  out.hooks = std::move(hooks);
  return out;
}

std::vector<uint64_t> inodes(const CheckedPolicy& policy) {
  std::vector<uint64_t> out;
  for (const HookedFile& file : hooked_files(policy)) out.push_back(file.inode);
  return out;
}

TEST(Renewal, FilesOfAPolicy) {
  CheckedHook kernel;
  kernel.target = target::Function{"f"};
  EXPECT_EQ(inodes(policy_on({kernel, hook_on("/a", 2), hook_on("/a", 2, 32), hook_on("/b", 3)})),
            (std::vector<uint64_t>{2, 3}));
}

TEST(Renewal, TheNewFileIsHookedBesidesTheOldOne) {
  CheckedHook kernel;
  kernel.target = target::Function{"f"};
  const CheckedPolicy before = policy_on({kernel, hook_on("/a", 2), hook_on("/b", 3)});
  const auto after = renewed(before, policy_on({kernel, hook_on("/a", 4, 48), hook_on("/b", 3)}), {});
  ASSERT_TRUE(after);
  EXPECT_EQ(inodes(*after), (std::vector<uint64_t>{2, 3, 4}));
  ASSERT_EQ(after->hooks.size(), 4U) << "the hook on the kernel is there once";
  // What was there keeps its position, by which its programs know it.
  for (size_t n = 0; n < before.hooks.size(); ++n) EXPECT_EQ(after->hooks[n].target, before.hooks[n].target);
}

TEST(Renewal, NothingNew) {
  const CheckedPolicy before = policy_on({hook_on("/a", 2), hook_on("/a", 4)});
  EXPECT_FALSE(renewed(before, policy_on({hook_on("/a", 4)}), {}));
}

TEST(Renewal, WhatNobodyRunsGoes) {
  const CheckedPolicy before = policy_on({hook_on("/a", 2), hook_on("/b", 3), hook_on("/a", 4)});
  const std::vector<HookedFile> gone = {{"/a", 1, 2}};
  const auto after = renewed(before, policy_on({hook_on("/a", 4), hook_on("/b", 3)}), gone);
  ASSERT_TRUE(after);
  EXPECT_EQ(inodes(*after), (std::vector<uint64_t>{3, 4}));
}

}  // namespace
}  // namespace tripline
