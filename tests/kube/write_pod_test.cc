// SPDX-License-Identifier: Apache-2.0
#include "kube/write_pod.h"

#include <gtest/gtest.h>

namespace tripline::kube {
namespace {

using Kind = Container::Kind;
using State = Container::State;

TEST(WritePod, WhatIsWrittenIsRead) {
  constexpr int64_t kSecond = 1'000'000'000;
  const std::vector<Pod> pods{{.uid = "u",
                               .name_space = "n",
                               .name = "web-1",
                               .generate_name = "web-",
                               .labels = {{"a", "quoted \"\n"}, {"b", "\xc3\xa9"}, {"c", ""}},
                               .annotations = {{"kubernetes.io/config.mirror", "abc"}},
                               .controller = Owner{"apps/v1", "ReplicaSet", "web"},
                               .node_name = "node-1",
                               .containers = {{.id = "00ff",
                                               .runtime = "containerd",
                                               .name = "init",
                                               .kind = Kind::kInit,
                                               .state = State::kTerminated},
                                              {.id = "aabb",
                                               .runtime = "cri-o",
                                               .name = "main",
                                               .image = "i:1",
                                               .image_id = "i@sha256:1",
                                               .state = State::kRunning,
                                               .started_at = 1'787'306'401 * kSecond,
                                               .privileged = true,
                                               .probes = {{"cat", "/ok"}, {"true"}}},
                                              {.name = "side", .probes = {{"true", "x"}}},
                                              {.id = "cc",
                                               .runtime = "containerd",
                                               .name = "debug",
                                               .kind = Kind::kEphemeral,
                                               .state = State::kRunning}}},
                              {.uid = "v", .name_space = "n", .name = "bare"}};
  const std::string text = pods_text(pods);
  const auto read = read_pods(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, pods);
  EXPECT_FALSE(read_pods("{}"));
  EXPECT_FALSE(read_pods(text.substr(0, text.size() / 2)));
  EXPECT_EQ(read_pods(R"({"items":[{"metadata":{"name":"p"}}]})")->size(), 0u) << "it has no uid";
}

}  // namespace
}  // namespace tripline::kube
