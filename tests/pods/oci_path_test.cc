// SPDX-License-Identifier: Apache-2.0
#include "pods/oci_path.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

TEST(OciPath, Paths) {
  EXPECT_EQ(cgroup_of_oci_path("/kubepods/burstable/podU/ID"), "kubepods/burstable/podU/ID");
  EXPECT_EQ(cgroup_of_oci_path("kubepods/podU/ID/"), "kubepods/podU/ID");
  EXPECT_EQ(cgroup_of_oci_path("/system.slice/kubepods-podU.slice:cri-containerd:ID"),
            "system.slice/kubepods-podU.slice:cri-containerd:ID");
}

TEST(OciPath, PartsForSystemd) {
  EXPECT_EQ(
      cgroup_of_oci_path("kubepods-burstable-podU_1.slice:cri-containerd:ID"),
      "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU_1.slice/cri-containerd-ID.scope");
  EXPECT_EQ(cgroup_of_oci_path("-.slice:crio:ID"), "crio-ID.scope");
  EXPECT_EQ(cgroup_of_oci_path("machine.slice::ID"), "machine.slice/ID.scope");
  EXPECT_EQ(cgroup_of_oci_path("a.slice:crio:b.slice"), "a.slice/b.slice");
}

TEST(OciPath, WhatLeadsNowhereIsRefused) {
  for (const char* text : {"", "/", "..", "/a/../../b", "a//b", "a--b.slice:crio:ID", "a.scope:crio:ID",
                           "-a.slice:crio:ID", "a.slice:crio:"})
    EXPECT_FALSE(cgroup_of_oci_path(text)) << text;
  EXPECT_EQ(cgroup_of_oci_path("a--b.slice:crio:ID").error().text(),
            "read cgroupsPath a--b.slice:crio:ID: is below a slice that systemd does not have");
}

}  // namespace
}  // namespace tripline
