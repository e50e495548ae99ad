// SPDX-License-Identifier: Apache-2.0
#include "policy/overlay.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

TEST(Overlay, HooksThatSeeTheLayerBelowToo) {
  struct Row {
    Target target;
    bool sees;
  };
  using target::Function, target::LsmHook, target::Tracepoint;
  for (const Row& row : {Row{Function{"security_file_open"}, true},
                         {LsmHook{"file_open"}, true},
                         {Function{"security_inode_unlink"}, true},
                         {Function{"notify_change"}, true},
                         {Function{"vfs_unlink"}, true},
                         {Function{"vfs_unlink", "m"}, false},
                         {Function{"security_path_unlink"}, false},
                         {LsmHook{"path_unlink"}, false},
                         {LsmHook{"security_file_open"}, false},
                         {Function{"file_open"}, false},
                         {Function{"fd_install"}, false},
                         {Function{"__x64_sys_openat"}, false},
                         {Tracepoint{"any", "vfs_open"}, false}}) {
    CheckedHook hook;
    hook.target = row.target;
    EXPECT_EQ(policy::sees_layers(hook), row.sees) << full_name(row.target);
  }
}

TEST(Overlay, OneProgramOnManyFunctions) {
  CheckedHook hook;
  hook.target = target::Functions{{"fd_install", "vfs_read"}};
  EXPECT_FALSE(policy::sees_layers(hook));
  hook.target = target::Functions{{"fd_install", "m:vfs_open"}};
  EXPECT_FALSE(policy::sees_layers(hook));
  hook.target = target::Functions{{"fd_install", "vfs_open"}};
  EXPECT_TRUE(policy::sees_layers(hook));
}

}  // namespace
}  // namespace tripline
