// SPDX-License-Identifier: Apache-2.0
// Lease: which one of several operators is active. The others consider it dead when its lease has not changed for
// the lease duration, measured by their own clock from when they first saw it: clocks of machines differ.
//
// A leader that cannot renew its lease in time stops leading, whether or not there is another.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "kube/client.h"
#include "kube/json.h"

namespace tripline::op {

struct LeaseTimes {
  std::chrono::milliseconds lease{15'000};
  std::chrono::milliseconds renew_deadline{5'000};
  std::chrono::milliseconds retry{2'000};
};

class Lease {
 public:
  // `identity`: whoever else has the same is us.
  Lease(kube::Client client, std::string name_space, std::string name, std::string identity,
        LeaseTimes times);

  // Waits until we are the leader. False: we were told to stop before.
  [[nodiscard]] bool acquire();
  // Stays leader for as long as that works: until we are told to stop (true), or the lease is lost (false).
  [[nodiscard]] bool hold();
  // Lets the next one in at once.
  void release();

  // Why the last attempt came to nothing; empty when another is the leader.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  [[nodiscard]] const std::string& holder() const { return holder_; }

 private:
  // One attempt to get or renew it.
  bool attempt();
  bool write(const kube::Json* existing, int64_t transitions, std::string_view acquired);

  kube::Client client_;
  std::string name_space_;
  std::string name_;
  std::string identity_;
  LeaseTimes times_;
  std::string holder_;
  std::string seen_;  // renewTime as it was when it last changed
  kube::Deadline seen_at_{};
  std::string trouble_;
};

// "2026-01-31T12:00:00.123456Z"
[[nodiscard]] std::string micro_time(std::chrono::system_clock::time_point time);

}  // namespace tripline::op
