// SPDX-License-Identifier: Apache-2.0
// Serves `/metrics`. State of the agent's main thread is requested from it, for at most kPatience: after that the
// response omits it and metric_handler_errors_total is incremented. The main thread never waits.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "metrics/event_counts.h"
#include "metrics/state.h"

namespace tripline {

struct BuildFacts {
  std::string version;
  std::string commit;
  std::string time;
  std::string modified;
};

// Where metrics come from. All of it must outlive the server, and so must rounds in which what was posted is carried out.
struct MetricSources {
  const EventCounts* events = nullptr;  // null: events are not counted
  BuildFacts build;
  std::function<Result<AgentState>()> state;  // of the agent's rounds
  std::function<void(std::function<void()>)>
      post;  // carries out what it gets in one of them; from any thread
};

class MetricsServer {
 public:
  static constexpr std::chrono::milliseconds kPatience{2000};
  // The state is asked for no more often than so: who asks all the time costs the loop little.
  static constexpr std::chrono::milliseconds kFresh{1000};

  // `address`: "ADDRESS:PORT", ":2112" for all addresses.
  static Result<std::unique_ptr<MetricsServer>> start(const std::string& address, MetricSources sources);
  ~MetricsServer();

  [[nodiscard]] int port() const;

 private:
  class Impl;
  explicit MetricsServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tripline
