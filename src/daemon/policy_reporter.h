// SPDX-License-Identifier: Apache-2.0
// PolicyReporter: tells the API server what became of its policies on this node, as one small object that has the node's
// name (kube/policy_report.h). The operator makes the policies' status of what all nodes say, so no agent ever writes to
// a policy.
//
// It writes when something is different, a moment after it was told so, and then rests; now and then it writes the same
// again, which costs the API server nothing and brings back an object that somebody removed. An agent without the right
// to write says so once and goes on. An orderly end takes the report away, unless the programs stay.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/log_line.h"
#include "kube/client.h"
#include "kube/policy_report.h"

namespace tripline {

struct ReporterTimes {
  std::chrono::milliseconds settle{
      1'000};  // from what changes to the write, and up to as long again by chance
  std::chrono::milliseconds rest{10'000};      // between two writes
  std::chrono::milliseconds look{60'000};      // between two looks when nobody says that something changed
  std::chrono::milliseconds again{1'800'000};  // between two writes of the same
  std::chrono::milliseconds refused{300'000};  // until the next try after a refusal
  std::chrono::milliseconds farewell{500};     // for taking the report away
};

class PolicyReporter {
 public:
  using Post = std::function<void(std::function<void()>)>;
  // On the agent's loop. Absent: it cannot be told now.
  using Collect = std::function<std::optional<std::vector<kube::PolicySaid>>()>;
  using Say = std::function<void(const LogLine&)>;  // from any thread

  PolicyReporter(kube::Access access, std::string node, bool stays, Post post, Collect collect, Say say,
                 ReporterTimes times = {});
  PolicyReporter(const PolicyReporter&) = delete;
  PolicyReporter& operator=(const PolicyReporter&) = delete;
  ~PolicyReporter();

  // From any thread.
  void changed();
  void set_node_uid(const std::string& uid);

 private:
  struct Collected {
    std::mutex mutex;
    std::condition_variable here;
    bool is_there = false;
    std::optional<std::vector<kube::PolicySaid>> policies;
  };

  void run();
  // False when it is to end.
  bool wait_for_change(std::chrono::milliseconds longest);
  std::optional<std::string> document();
  bool write(const std::string& document);
  void take_away();

  kube::Access access_;
  std::string node_;
  bool stays_;
  Post post_;
  Collect collect_;
  Say say_;
  ReporterTimes times_;
  std::shared_ptr<kube::Stop> stop_ = std::make_shared<kube::Stop>();
  kube::Client client_;
  std::mutex mutex_;
  std::condition_variable bell_;
  bool changed_ = true;
  bool ends_ = false;
  std::string node_uid_;
  // Of the thread.
  kube::Backoff backoff_;
  std::string written_;
  kube::Deadline written_at_{};
  kube::Deadline not_before_{};
  int refused_ = 0;  // with which status; 0: it was not
  bool troubled_ = false;
  std::thread thread_;
};

}  // namespace tripline
