// SPDX-License-Identifier: Apache-2.0
#include "kube/read_pod.h"

#include <gtest/gtest.h>

namespace tripline::kube {
namespace {

// As a server writes it, with much that nobody looks at.
constexpr std::string_view kPod =
    R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"web-1","generateName":"web-",
"namespace":"shop","uid":"11111111-2222-3333-4444-555555555555","resourceVersion":"9","labels":{"app":"web","none":null},
"annotations":{"kubernetes.io/config.mirror":"abc"},"ownerReferences":[{"apiVersion":"v1","kind":"Node","name":"n"},
{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web","uid":"u","controller":true}],"managedFields":[{"manager":"x"}]},
"spec":{"volumes":[{"name":"v"}],"initContainers":[{"name":"init","securityContext":{"privileged":true}}],
"containers":[{"name":"main","image":"nginx","env":[{"name":"A","value":"B"}],
"livenessProbe":{"exec":{"command":["cat","/ok"]},"periodSeconds":10},"readinessProbe":{"httpGet":{"path":"/"}},
"securityContext":null},{"name":"side","readinessProbe":{"exec":{"command":["true"]}}}],"nodeName":"node-1",
"ephemeralContainers":null},"status":{"phase":"Running","conditions":[{"type":"Ready"}],"initContainerStatuses":
[{"name":"init","image":"i","imageID":"i@sha256:1","containerID":"containerd://00ff","state":{"terminated":{"exitCode":0,
"containerID":"containerd://00ff"}}}],"containerStatuses":[{"name":"main","image":"docker.io/library/nginx:1.27",
"imageID":"docker.io/library/nginx@sha256:2","containerID":"cri-o://aabb","ready":true,"state":{"running":{"startedAt":
"2026-08-21T10:00:01Z"}},"lastState":{"terminated":{"containerID":"cri-o://dead"}}},{"name":"side","image":"s","imageID":"",
"containerID":"","state":{"waiting":{"reason":"ContainerCreating"}}}],"ephemeralContainerStatuses":[{"name":"debug",
"image":"busybox","imageID":"b","containerID":"containerd://cc","state":{"running":{"startedAt":null}}}]}})";

TEST(ReadPod, Everything) {
  const auto json = read_json(kPod, pods_of("node-1").wanted);
  ASSERT_TRUE(json);
  // The reflector asks for these itself.
  EXPECT_FALSE(read_pod(*json));
  auto wanted = pods_of("node-1").wanted;
  for (const char* name : {"metadata.name", "metadata.namespace", "metadata.uid"}) wanted.emplace_back(name);
  const auto pod = read_pod(*read_json(kPod, wanted));
  ASSERT_TRUE(pod);
  using Is = Container::Kind;
  using State = Container::State;
  const Pod expected{
      .uid = "11111111-2222-3333-4444-555555555555",
      .name_space = "shop",
      .name = "web-1",
      .generate_name = "web-",
      .labels = {{"app", "web"}, {"none", ""}},
      .annotations = {{"kubernetes.io/config.mirror", "abc"}},
      .controller = Owner{"apps/v1", "ReplicaSet", "web"},
      .node_name = "node-1",
      .containers = {{.id = "00ff",
                      .runtime = "containerd",
                      .name = "init",
                      .image = "i",
                      .image_id = "i@sha256:1",
                      .kind = Is::kInit,
                      .state = State::kTerminated,
                      .privileged = true},
                     {.id = "aabb",
                      .runtime = "cri-o",
                      .name = "main",
                      .image = "docker.io/library/nginx:1.27",
                      .image_id = "docker.io/library/nginx@sha256:2",
                      .state = State::kRunning,
                      .started_at = 1787306401'000'000'000,
                      .probes = {{"cat", "/ok"}}},
                     {.name = "side", .image = "s", .state = State::kWaiting, .probes = {{"true"}}},
                     {.id = "cc",
                      .runtime = "containerd",
                      .name = "debug",
                      .image = "busybox",
                      .image_id = "b",
                      .kind = Is::kEphemeral,
                      .state = State::kRunning}}};
  EXPECT_EQ(*pod, expected);
  EXPECT_EQ(*read_pod(*read_json(kPod)), expected);
}

TEST(ReadPod, OfNullsAndOfWhatIsNone) {
  const auto pod = read_pod(*read_json(
      R"({"metadata":{"name":"a","uid":"u","labels":null,"ownerReferences":null},"spec":null,"status":{"containerStatuses":null}})"));
  ASSERT_TRUE(pod);
  EXPECT_EQ(*pod, (Pod{.uid = "u", .name = "a"}));
  for (const char* text : {"{}", "null", "[]", R"({"metadata":{"name":"a"}})", R"({"metadata":[]})"})
    EXPECT_FALSE(read_pod(*read_json(text))) << text;
}

TEST(ReadPod, ARuntimeWithoutAnIdIsNone) {
  const auto pod = read_pod(*read_json(
      R"({"metadata":{"name":"a","uid":"u"},"status":{"containerStatuses":[{"name":"c","containerID":"cri-o://"}]}})"));
  ASSERT_EQ(pod->containers.size(), 1U);
  EXPECT_EQ(pod->containers[0], (Container{.name = "c"}));
}

TEST(ReadPod, TimesOfOtherForms) {
  const auto started = [](const std::string& time) {
    const auto pod = read_pod(*read_json(
        R"({"metadata":{"name":"a","uid":"u"},"status":{"containerStatuses":[{"name":"c","state":{"running":{"startedAt":")" +
        time + R"("}}}]}})"));
    return pod->containers.at(0).started_at;
  };
  EXPECT_EQ(started("1970-01-02T00:00:00Z"), 86'400'000'000'000);
  for (const char* time : {"", "now", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z",
                           "9999-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "2026-01-01T00:00:00+01:00"})
    EXPECT_FALSE(started(time)) << time;
}

TEST(ReadPod, Labels) {
  EXPECT_EQ(read_labels(*read_json(R"({"metadata":{"labels":{"a":"b","kubernetes.io/os":"linux"}}})")),
            (Labels{{"a", "b"}, {"kubernetes.io/os", "linux"}}));
  EXPECT_TRUE(read_labels(*read_json("{}")).empty());
}

TEST(ReadPod, WhatIsAskedFor) {
  EXPECT_EQ(pods_of("n1.x").selector, "fieldSelector=spec.nodeName%3Dn1.x");
  EXPECT_EQ(node_called("a&b").selector, "fieldSelector=metadata.name%3Da%26b");
}

}  // namespace
}  // namespace tripline::kube
