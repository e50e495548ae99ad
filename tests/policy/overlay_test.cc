// SPDX-License-Identifier: Apache-2.0
#include "policy/overlay.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

TEST(Overlay, HooksThatSeeTheLayerBelowToo) {
  struct Row {
    Attachment attachment;
    const char* function;
    bool sees;
  };
  for (const Row& row : {Row{Attachment::kFentry, "security_file_open", true},
                         {Attachment::kLsm, "file_open", true},
                         {Attachment::kFmodRet, "security_inode_unlink", true},
                         {Attachment::kKprobe, "notify_change", true},
                         {Attachment::kKprobe, "vfs_unlink", true},
                         {Attachment::kFentry, "security_path_unlink", false},
                         {Attachment::kLsm, "path_unlink", false},
                         {Attachment::kLsm, "security_file_open", false},
                         {Attachment::kFentry, "file_open", false},
                         {Attachment::kFentry, "fd_install", false},
                         {Attachment::kFentry, "__x64_sys_openat", false}}) {
    CheckedHook hook;
    hook.attachment = row.attachment;
    hook.function = row.function;
    EXPECT_EQ(policy::sees_layers(hook), row.sees) << row.function;
    hook.module = "m";
    EXPECT_FALSE(policy::sees_layers(hook));
  }
}

TEST(Overlay, OneProgramOnManyFunctions) {
  CheckedHook hook;
  hook.attachment = Attachment::kKprobeMulti;
  hook.function = "fd_install";
  hook.functions = {"fd_install", "vfs_read"};
  EXPECT_FALSE(policy::sees_layers(hook));
  hook.functions.emplace_back("vfs_open");
  EXPECT_TRUE(policy::sees_layers(hook));
}

}  // namespace
}  // namespace tripline
