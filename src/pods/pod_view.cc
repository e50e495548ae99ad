// SPDX-License-Identifier: Apache-2.0
#include "pods/pod_view.h"

#include <utility>

#include "pods/workload.h"

namespace tripline {

PodView view_of(const Pod& pod, const Container& container, bool annotations) {
  Workload workload = workload_of(pod);
  PodView out{.name_space = pod.name_space,
              .name = pod.name,
              .uid = pod.uid,
              .container = {.id = container.id,
                            .name = container.name,
                            .image_id = container.image_id,
                            .image = container.image,
                            .started_at = container.started_at,
                            .privileged = container.privileged},
              .labels = pod.labels,
              .workload = std::move(workload.name),
              .workload_kind = std::move(workload.kind),
              .annotations = {},
              .probes = container.probes};
  if (!container.runtime.empty()) out.container.id = container.runtime + "://" + container.id;
  if (annotations) out.annotations = pod.annotations;
  return out;
}

}  // namespace tripline
