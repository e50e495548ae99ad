// SPDX-License-Identifier: Apache-2.0
// What the daemon's configuration means to each of its parts. Pure but for the number of processors and the names in the
// environment of the node it runs on.
#pragma once

#include <string>
#include <string_view>

#include "agent/agent.h"
#include "agent/node_pods.h"
#include "config/load.h"
#include "export/export.h"
#include "filter/event_filter.h"
#include "kernel/kernel.h"
#include "serve/backend.h"
#include "serve/server.h"

namespace tripline {

constexpr const char* kSocket =
    "/var/run/tetragon/tetragon.sock";  // of the API, where no other is configured
constexpr std::string_view kUnix = "unix://";

// Of this node: as events show it, and as the API server knows it.
[[nodiscard]] std::string node_name();
[[nodiscard]] std::string kube_node_name();
// The folder of procfs, without a slash at its end.
[[nodiscard]] std::string proc_of(const config::Settings& settings);
// `node`: its name, as events show it.
[[nodiscard]] AgentOptions agent_options(const config::Config& config, const std::string& node);
[[nodiscard]] NodePodsOptions pod_options(const config::Settings& settings);
[[nodiscard]] FilterOptions filter_options(const config::Config& config);
[[nodiscard]] EventLog event_log_of(const config::Settings& settings);
// Of what a client sees and sets, so that it is shown what happens.
[[nodiscard]] Rotation rotation_of(const EventLog& log);
[[nodiscard]] ExportOptions export_options(const config::Config& config);
[[nodiscard]] AgentInfo info_of(const config::Settings& settings, const Kernel& kernel);
[[nodiscard]] ServerOptions server_options(const config::Settings& settings);

}  // namespace tripline
