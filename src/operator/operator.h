// SPDX-License-Identifier: Apache-2.0
// The operator: the once-per-cluster part, next to the agents on the nodes. It installs the custom resource
// definitions and, with `serve`, maintains PodInfo objects and the status of policies; of several, one is active.
#pragma once

#include <memory>
#include <string>

#include "kube/stop.h"
#include "operator/options.h"
#include "operator/say.h"

namespace tripline::op {

inline constexpr const char* kLeaseName = "tetragon-operator-resource-lock";

// The exit status: 0 when all is there (or `stop` was set), 1 when something failed. What failed was said.
[[nodiscard]] int run_operator(const Options& options, const std::shared_ptr<const kube::Stop>& stop,
                               const Say& say);

}  // namespace tripline::op
