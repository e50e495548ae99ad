// SPDX-License-Identifier: Apache-2.0
#include "load/cgroups.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

namespace tripline {
namespace {

TEST(Cgroups, TheHierarchyOfThisMachine) {
  const CgroupHierarchy found = find_cgroup_hierarchy();
  EXPECT_EQ(found.controller.has_value(), found.id != 0);
  EXPECT_TRUE(found.mount.starts_with("/proc/1/root/sys/fs/cgroup"));
}

TEST(Cgroups, OfAFolderThatIsNone) {
  EXPECT_EQ(find_cgroup_hierarchy("/nowhere"), (CgroupHierarchy{.mount = "/nowhere/1/root/sys/fs/cgroup"}));
  EXPECT_TRUE(cgroups_inside({.mount = "/nowhere"}, 1).empty());
  EXPECT_TRUE(cgroups_inside({.mount = "/"}, UINT64_MAX).empty());
}

TEST(Cgroups, ThoseInsideAnother) {
  const CgroupHierarchy found = find_cgroup_hierarchy();
  struct stat facts{};
  if (stat(found.mount.c_str(), &facts) != 0) GTEST_SKIP() << "there are no cgroups";
  const std::vector<uint64_t> inside = cgroups_inside(found, facts.st_ino);
  EXPECT_EQ(std::ranges::count(inside, facts.st_ino), 0);
}

}  // namespace
}  // namespace tripline
