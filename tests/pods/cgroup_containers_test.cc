// SPDX-License-Identifier: Apache-2.0
#include "pods/cgroup_containers.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

namespace tripline {
namespace {

// Any cgroup there is: this looks at what the machine has.
TEST(CgroupContainers, FindsTheDirectoryOfACgroup) {
  size_t seen = 0;
  for (const char* root : {"/sys/fs/cgroup", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/pids"}) {
    std::error_code none;
    CgroupContainers containers(root);
    for (const auto& each : std::filesystem::directory_iterator(root, none)) {
      struct stat status{};
      if (!each.is_directory() || stat(each.path().c_str(), &status) != 0) continue;
      const std::string path = containers.path_of(status.st_ino);
      if (path.empty()) continue;  // no cgroup, or we may not ask
      EXPECT_EQ(std::filesystem::path(path).filename(), each.path().filename());
      ++seen;
    }
  }
  if (seen == 0) GTEST_SKIP() << "there is no cgroup, or it needs CAP_DAC_READ_SEARCH";
}

TEST(CgroupContainers, NothingIsKnownOfOneThatIsNotThere) {
  CgroupContainers containers(::testing::TempDir());
  EXPECT_EQ(containers.path_of(1), "");
  EXPECT_EQ(containers.container_of(1), "");
}

}  // namespace
}  // namespace tripline
