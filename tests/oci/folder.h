// SPDX-License-Identifier: Apache-2.0
// A folder of a test, empty at its start.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace tripline::oci {

inline std::filesystem::path fresh_folder() {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) /
                                       (std::string("oci-") + test->test_suite_name() + test->name());
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

inline void put(const std::filesystem::path& file, std::string_view text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

inline std::string contents(const std::filesystem::path& file) {
  std::ostringstream out;
  out << std::ifstream(file).rdbuf();
  return out.str();
}

// As containerd writes it, cut down to what is read and some of what is not.
inline constexpr const char* kContainerd = R"({"ociVersion":"1.1.0","process":{"args":["sh"]},
 "root":{"path":"rootfs"},"mounts":[{"destination":"/proc","type":"proc","source":"proc","options":["nosuid","noexec"]},
 {"destination":"/data","source":"/var/lib/x"}],
 "annotations":{"io.kubernetes.cri.container-name":"main","io.kubernetes.cri.container-type":"container",
 "io.kubernetes.cri.image-name":"docker.io/library/nginx:1.27","io.kubernetes.cri.sandbox-id":"aa",
 "io.kubernetes.cri.sandbox-name":"web-1","io.kubernetes.cri.sandbox-namespace":"shop",
 "io.kubernetes.cri.sandbox-uid":"d7e2f5e0-1111-2222-3333-444455556666"},
 "linux":{"cgroupsPath":"kubepods-burstable-podd7e2f5e0_1111_2222_3333_444455556666.slice:cri-containerd:0123abc",
 "namespaces":[{"type":"pid"}]}})";

inline constexpr const char* kCrio = R"({"root":{"path":"/var/lib/containers/storage/overlay/x/merged"},
 "annotations":{"io.kubernetes.container.name":"main","io.kubernetes.cri-o.ContainerID":"0123abc",
 "io.kubernetes.cri-o.ImageName":"quay.io/x/y:1","io.kubernetes.pod.name":"web-1","io.kubernetes.pod.namespace":"shop",
 "io.kubernetes.pod.uid":"d7e2f5e0-1111-2222-3333-444455556666"},
 "linux":{"cgroupsPath":"/kubepods/burstable/podd7e2f5e0-1111-2222-3333-444455556666/0123abc"}})";

}  // namespace tripline::oci
