// SPDX-License-Identifier: Apache-2.0
#include "pods/container_id.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

const std::string kId = "4f1c6b2a9d3e5f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8";
const std::string kOther = "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9";
const std::string kSystemd =
    "/kubepods.slice/kubepods-burstable.slice/"
    "kubepods-burstable-pod11111111_2222_3333_4444_555566667777.slice";
const std::string kCgroupfs = "/kubepods/burstable/pod11111111-2222-3333-4444-555566667777";

TEST(ContainerId, TheNamesOfEveryRuntime) {
  for (const std::string& name :
       {kId, "cri-containerd-" + kId + ".scope", "crio-" + kId + ".scope", "crio-" + kId,
        "docker-" + kId + ".scope", "libpod-" + kId + ".scope",
        "kubepods-burstable-pod11111111_2222_3333_4444_555566667777.slice:cri-containerd:" + kId})
    EXPECT_EQ(container_in_name(name), kId) << name;
}

TEST(ContainerId, NamesThatAreNone) {
  for (const std::string& name :
       {std::string(), std::string("/"), std::string("ssh.service"), std::string("init.scope"),
        std::string("container"), std::string("user@1000.service"), "crio-conmon-" + kId + ".scope",
        "libpod-conmon-" + kId + ".scope", kId.substr(0, 63), "a-" + kId + ".service",
        std::string("kubepods-burstable-pod11111111_2222_3333_4444_555566667777.slice")})
    EXPECT_EQ(container_in_name(name), "") << name;
}

// Programs read 127 bytes of a name.
TEST(ContainerId, NamesThatWereCut) {
  const std::string name =
      "kubelet-kubepods-burstable-pod11111111_2222_3333_4444_555566667777.slice:cri-containerd:" + kId;
  const std::string cut = name.substr(0, 127);
  EXPECT_EQ(container_in_name(cut, true), kId.substr(0, 127 - (name.size() - kId.size())));
  EXPECT_EQ(container_in_name(cut), "");
  EXPECT_EQ(container_in_name(name.substr(0, name.size() - kId.size() + 30), true), "");
}

TEST(ContainerId, PathsAsRuntimesMakeThem) {
  for (const std::string& path :
       {"/kubepods/pod11111111-2222-3333-4444-555566667777/" + kId, kCgroupfs + "/" + kId,
        kCgroupfs + "/crio-" + kId, kSystemd + "/cri-containerd-" + kId + ".scope",
        kSystemd + "/crio-" + kId + ".scope/container", kSystemd + "/docker-" + kId + ".scope",
        "/system.slice/containerd.service/"
        "kubepods-burstable-pod11111111_2222_3333_4444_555566667777.slice:cri-containerd:" +
            kId,
        "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/"
        "kubelet-kubepods-burstable-pod11111111_2222_3333_4444_555566667777.slice/cri-containerd-" +
            kId + ".scope",
        "/docker/" + kId, "/system.slice/docker-" + kId + ".scope", "/machine.slice/libpod-" + kId + ".scope",
        "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + kId + ".scope/container",
        "/kubepods/besteffort/pod0123456789abcdef0123456789abcdef/" + kId,
        "/../../kubepods/pod0123456789abcdef0123456789abcdef/" + kId,
        "/syscont-cgroup-root/a/b/" + kId + "/init.scope"})
    EXPECT_EQ(container_in_path(path), kId) << path;
}

TEST(ContainerId, ACgroupInAContainerOfAPodIsOfThatContainer) {
  EXPECT_EQ(container_in_path(kSystemd + "/cri-containerd-" + kId + ".scope/system.slice/ssh.service"), kId);
  EXPECT_EQ(container_in_path(kCgroupfs + "/" + kId + "/docker/" + kOther), kId);
  EXPECT_EQ(container_in_path(kCgroupfs + "/" + kId + kCgroupfs + "/" + kOther), kId)
      << "as if it were another's";
  EXPECT_EQ(container_in_path("/kubepods/pod0123456789abcdef0123456789abcdef/" + kId + "/" + kOther +
                              "/syscont-cgroup-root"),
            kId);
  EXPECT_EQ(container_in_path("/kubepods-pod11111111_2222_3333_4444_555566667777.slice:cri-containerd:" +
                              kId + "/init.scope"),
            kId);
}

// An agent in a container of docker, as nodes of kind are, sees itself and its host's services below that.
TEST(ContainerId, ACgroupInAnyOtherContainerIsNot) {
  EXPECT_EQ(container_in_path("/docker/" + kId + "/system.slice/kubelet.service"), "");
  EXPECT_EQ(container_in_path("/docker/" + kOther + "/kubelet.slice" + kCgroupfs + "/" + kId), kId);
  EXPECT_EQ(container_in_path("/system.slice/ssh.service"), "");
  EXPECT_EQ(container_in_path("/"), "");
  EXPECT_EQ(container_in_path(""), "");
  EXPECT_EQ(container_in_path("///"), "");
}

TEST(ContainerId, ProcLines) {
  EXPECT_EQ(container_in_lines("0::/kubepods/pod11111111-2222-3333-4444-555566667777/" + kId + "\n"), kId);
  EXPECT_EQ(container_in_lines("12:pids:/\n11:cpu,cpuacct:/docker/" + kId + "\n0::/system.slice/x.service"),
            kId);
  EXPECT_EQ(container_in_lines("3:name=systemd:/kubepods/pod11111111-2222-3333-4444-555566667777/a:b:" + kId),
            kId);
  EXPECT_EQ(container_in_lines("0::/init.scope\n"), "");
  EXPECT_EQ(container_in_lines("0::/\n\n:\n0:\nnothing"), "");
  EXPECT_EQ(container_in_lines(""), "");
}

TEST(ContainerId, PodsOfPaths) {
  EXPECT_EQ(pod_in_path(kSystemd + "/crio-" + kId + ".scope"), "11111111-2222-3333-4444-555566667777");
  EXPECT_EQ(pod_in_path(kCgroupfs + "/" + kId), "11111111-2222-3333-4444-555566667777");
  EXPECT_EQ(pod_in_path("kubepods/pod0123456789abcdef0123456789abcdef/" + kId),
            "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(pod_in_path("system.slice/containerd.service/"
                        "kubepods-pod11111111_2222_3333_4444_555566667777.slice:cri-containerd:" +
                        kId),
            "11111111-2222-3333-4444-555566667777");
  EXPECT_EQ(pod_in_path("/kubepods/podium/" + kId), "");
  EXPECT_EQ(pod_in_path("/docker/" + kId), "");
}

}  // namespace
}  // namespace tripline
