// SPDX-License-Identifier: Apache-2.0
#include "client/cri.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

TEST(CgroupPath, APathIsItself) {
  EXPECT_EQ(cgroup_path("/kubepods/burstable/podu/c"), "/kubepods/burstable/podu/c");
  EXPECT_EQ(cgroup_path("kubepods/c"), "/kubepods/c");
}

TEST(CgroupPath, OfSlices) {
  EXPECT_EQ(
      cgroup_path("kubepods-burstable-podu_i.slice:cri-containerd:id"),
      "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podu_i.slice/cri-containerd-id.scope");
  EXPECT_EQ(cgroup_path("system.slice:docker:x.slice"), "/system.slice/x.slice");
  EXPECT_EQ(cgroup_path("-.slice:crio:id"), "/crio-id.scope");
  EXPECT_EQ(cgroup_path("a.slice::id"), "/a.slice/id.scope");
}

TEST(CgroupPath, NamesThatAreNoSlices) {
  for (const char* text : {"a--b.slice:c:i", "-a.slice:c:i", "a:c:i", "a/b.slice:c:i"})
    EXPECT_FALSE(cgroup_path(text)) << text;
}

}  // namespace
}  // namespace tripline
