// SPDX-License-Identifier: Apache-2.0
// How a command that serves is told to end.
#pragma once

#include <memory>

#include "kube/stop.h"

namespace tripline {

// Sets `stop` when a signal asks us to end. From here on SIGPIPE is ignored. Before any thread is begun.
void stop_by_signal(std::shared_ptr<const kube::Stop> stop);

}  // namespace tripline
