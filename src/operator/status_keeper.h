// SPDX-License-Identifier: Apache-2.0
// StatusKeeper: follows the policies and what nodes report of them, and writes the status of each policy; when more nodes
// have failed than the status said, also an Event.
//
// A policy's status is written a moment after it changed, and while it goes on changing ever more seldom, down to once in
// Pace::longest: each write is sent to every agent, because all of them watch the object. What was written stands in the
// object, so an operator that takes over writes nothing anew and tells of no failure twice.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "kube/access.h"
#include "kube/client.h"
#include "kube/read_policy.h"
#include "kube/reflector.h"
#include "operator/policy_status.h"
#include "operator/roll_up.h"
#include "operator/say.h"

namespace tripline::op {

struct Pace {
  std::chrono::milliseconds settle{1'000};
  std::chrono::milliseconds longest{30'000};
  std::chrono::milliseconds quiet{60'000};  // without a change, and the next is written as soon as the first
  std::chrono::milliseconds between{50};    // any two writes
};

class StatusKeeper {
 public:
  StatusKeeper(kube::Access access, std::shared_ptr<const kube::Stop> stop, Say say, Pace pace = {});

  // Until its Stop is set.
  void run();

  struct Counts {
    uint64_t written = 0;  // status and Events
    uint64_t failed = 0;
    size_t waiting = 0;  // policies
  };
  [[nodiscard]] Counts counts() const;

 private:
  struct Policy {
    std::string uid;
    PolicyStatusObject status;  // as the object has it
    kube::Deadline due = kube::Deadline::max();
    kube::Deadline written{};
    std::chrono::milliseconds pause{0};  // from the last write to the next
  };
  struct Write {
    kube::ObjectKey key;
    std::string uid;
    Summary summary;
    PolicyStatusObject before;
  };

  void follow_policies(kube::PolicyScope scope);
  void follow_reports();
  void follow(kube::Resource resource, kube::Listener listener, const std::string& what);
  void schedule(kube::Deadline now);
  std::vector<Write> take_due(kube::Deadline now);
  void write(const Write& write);
  void tell(const PolicyEvent& event);
  [[nodiscard]] bool counted(const kube::Answer<std::string>& done, const kube::ObjectKey& key,
                             const char* what);
  void put_off(const kube::ObjectKey& key);

  kube::Access access_;
  std::shared_ptr<const kube::Stop> stop_;
  kube::Client client_;  // that writes
  Say say_;
  Pace pace_;
  mutable std::mutex mutex_;
  RollUp roll_up_;
  std::map<kube::ObjectKey, Policy> policies_;
  int synced_ = 0;  // kinds whose first list is complete
  Counts counts_;
  std::vector<PolicyEvent> owed_;  // that could not be written
  std::set<int> refusals_;         // that were said
};

}  // namespace tripline::op
