// SPDX-License-Identifier: Apache-2.0
#include "pods/pod_view.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

TEST(PodView, ShowsWhatIsKnown) {
  const Pod pod{.uid = "u",
                .name_space = "shop",
                .name = "web-1",
                .generate_name = "web-",
                .labels = {{"app", "web"}},
                .annotations = {{"note", "x"}},
                .controller = Owner{"apps/v1", "StatefulSet", "web"}};
  const Container container{.id = "1234",
                            .runtime = "containerd",
                            .name = "main",
                            .image = "nginx:1",
                            .image_id = "nginx@sha256:00",
                            .started_at = 7,
                            .privileged = true,
                            .probes = {{"/check"}}};
  const PodView view = view_of(pod, container, true);
  EXPECT_EQ(view.container.id, "containerd://1234");
  EXPECT_EQ(view.container.name, "main");
  EXPECT_EQ(view.container.image, "nginx:1");
  EXPECT_EQ(view.container.image_id, "nginx@sha256:00");
  EXPECT_EQ(view.container.started_at, 7);
  EXPECT_TRUE(view.container.privileged);
  EXPECT_EQ(view.workload, "web");
  EXPECT_EQ(view.workload_kind, "StatefulSet");
  EXPECT_EQ(view.labels, pod.labels);
  EXPECT_EQ(view.annotations, pod.annotations);
  EXPECT_EQ(view.probes, container.probes);
  EXPECT_TRUE(view_of(pod, container, false).annotations.empty());
}

}  // namespace
}  // namespace tripline
