// SPDX-License-Identifier: Apache-2.0
// Pods as the API server would write them, with what read_pod() looks at and nothing else: for the next daemon, which reads
// them when there is no API server to ask. What is read is what was written; of a time, its seconds.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pods/pod.h"

namespace tripline::kube {

[[nodiscard]] std::string pods_text(std::span<const Pod> pods);
// Fails when it is no such text; a pod that cannot be used is left out.
[[nodiscard]] Result<std::vector<Pod>> read_pods(std::string_view text);

}  // namespace tripline::kube
