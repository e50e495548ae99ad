// SPDX-License-Identifier: Apache-2.0
// FollowedStore: what the API server last told, for the daemon that comes after this one and may find no API server: the
// policies that were in force, one file each, and the pods with their containers. Without these a restart would end the
// policies until the API server answers, and take every container's processes for the host's.
//
// It lies in the run folder, so it lives as long as the machine runs. What cannot be read is passed over and said: the API
// server will tell of it again.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "agent/policy_store.h"
#include "base/log_line.h"
#include "base/result.h"
#include "pods/pod.h"

namespace tripline {

class FollowedStore {
 public:
  struct Contents {
    std::vector<std::pair<PolicyName, std::string>> policies;  // with their documents
    std::vector<Pod> pods;
    std::vector<LogLine> problems;
  };

  // Makes the folder, with those above it, if it is not there.
  static Result<FollowedStore> open(const std::string& folder);
  // Nothing is followed: what was told before must not come back later.
  static void remove(const std::string& folder);

  [[nodiscard]] Contents read() const;
  [[nodiscard]] Result<void> put(const PolicyName& name, const std::string& document) const;
  [[nodiscard]] Result<void> remove(const PolicyName& name) const { return policies_.remove(name); }
  // All of them.
  [[nodiscard]] Result<void> put_pods(std::span<const Pod> pods) const;

 private:
  FollowedStore(std::string folder, PolicyStore policies)
      : folder_(std::move(folder)), policies_(std::move(policies)) {}

  std::string folder_;
  PolicyStore policies_;
};

}  // namespace tripline
