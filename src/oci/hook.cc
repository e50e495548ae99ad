// SPDX-License-Identifier: Apache-2.0
#include "oci/hook.h"

#include <optional>
#include <utility>

#include "oci/bundle.h"
#include "oci/fail_rules.h"

namespace tripline::oci {
namespace {

using Log = std::function<void(const LogLine&)>;

// What went wrong; empty: the agent knows of the container.
std::string tell(const Settings& settings, const Result<Bundle>& bundle, const Agent& agent, const Log& log) {
  if (!bundle) return bundle.error().text();
  const auto notice = notice_of(*bundle);
  if (!notice) return notice.error().text();
  log({LogLevel::kInfo,
       "A container is created",
       {{"container", notice->container_name},
        {"pod", notice->pod_name},
        {"namespace", notice->pod_namespace},
        {"cgroup", notice->cgroups_path}}});
  if (settings.only_logs) return {};
  const auto told = agent.tell(*notice);
  return told ? "" : told.error();
}

Ended create_runtime(const Settings& settings, const std::string& folder, const Agent& agent,
                     const Log& log) {
  const Result<Bundle> bundle = find_bundle(folder);
  const std::string trouble = tell(settings, bundle, agent, log);
  if (trouble.empty()) return {};
  const std::string why = refusal(settings.rules, bundle ? std::optional(bundle->annotations) : std::nullopt);
  if (why.empty()) {
    log({LogLevel::kWarning,
         "The container starts although the agent was not notified",
         {{"error", trouble}}});
    return {};
  }
  log({LogLevel::kError, "The container must not start", {{"error", trouble}, {"reason", why}}});
  return {1, "tetragon-oci-hook: the container must not start (" + why +
                 "), because the agent was not notified: " + trouble};
}

Ended ask_version(const Agent& agent, const Log& log) {
  const auto version = agent.version();
  if (version) {
    log({LogLevel::kInfo, "The agent answers", {{"version", *version}}});
    return {};
  }
  log({LogLevel::kError, "The agent does not answer", {{"error", version.error()}}});
  return {1, "tetragon-oci-hook: the agent does not answer: " + version.error()};
}

}  // namespace

Ended run_hook(const Settings& settings, const std::string& folder, const Agent& agent, const Log& log) {
  if (settings.stage == "createRuntime") return create_runtime(settings, folder, agent, log);
  if (settings.stage == "server-version") return ask_version(agent, log);
  if (settings.stage == "createContainer") {
    log({LogLevel::kInfo, "There is nothing to do at createContainer"});
  } else if (settings.stage != "poststop") {
    log({LogLevel::kWarning, "Unknown stage", {{"stage", settings.stage}}});
  }
  return {};
}

}  // namespace tripline::oci
