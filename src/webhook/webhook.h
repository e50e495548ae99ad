// SPDX-License-Identifier: Apache-2.0
// The webhook: answers the API server's reviews of policies until it is told to end.
#pragma once

#include <functional>
#include <memory>

#include "base/log_line.h"
#include "kube/stop.h"
#include "webhook/options.h"

namespace tripline::webhook {

// The exit status: 0 when `stop` was set, 1 when it could not begin. What failed was said.
[[nodiscard]] int run_webhook(const Options& options, const std::shared_ptr<const kube::Stop>& stop,
                              const std::function<void(const LogLine&)>& say);

}  // namespace tripline::webhook
