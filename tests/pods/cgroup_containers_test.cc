// SPDX-License-Identifier: Apache-2.0
#include "pods/cgroup_containers.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "pods/cgroups.h"

namespace tripline {
namespace {

// Any cgroup there is: this looks at what the machine has.
TEST(CgroupContainers, FindsTheDirectoryOfACgroup) {
  const auto tree = find_cgroup_tree();
  if (!tree) GTEST_SKIP() << tree.error().text();
  CgroupContainers containers(tree->root);
  size_t seen = 0;
  for (const auto& each : std::filesystem::directory_iterator(tree->root)) {
    struct stat status{};
    if (!each.is_directory() || stat(each.path().c_str(), &status) != 0) continue;
    const std::string path = containers.path_of(status.st_ino);
    if (path.empty()) GTEST_SKIP() << "needs CAP_DAC_READ_SEARCH";
    EXPECT_EQ(std::filesystem::path(path).filename(), each.path().filename());
    ++seen;
  }
  if (seen == 0) GTEST_SKIP() << "there is none";
}

TEST(CgroupContainers, NothingIsKnownOfOneThatIsNotThere) {
  CgroupContainers containers(::testing::TempDir());
  EXPECT_EQ(containers.path_of(1), "");
  EXPECT_EQ(containers.container_of(1), "");
}

}  // namespace
}  // namespace tripline
