// SPDX-License-Identifier: Apache-2.0
// RollUp: what the nodes say of policies, counted for each policy. Pure: it is told of policies and reports, and says whose
// count may have changed.
//
// A report's entries are kept by a hash of the policy's uid, in 32 bytes each: five thousand nodes with a hundred policies
// are 16 MB.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kube/policy_report.h"

namespace tripline::op {

struct Summary {
  int64_t generation = 0;
  int64_t total = 0;  // nodes that it is for
  int64_t enabled = 0;
  int64_t disabled = 0;
  int64_t failed = 0;
  int64_t pending = 0;
  int64_t skipped = 0;  // not in `total`
  struct Error {
    std::string node;
    kube::PolicySaid said;
    bool operator==(const Error&) const = default;
  };
  std::optional<Error> error;  // that of the first node by name
  bool operator==(const Summary&) const = default;
};

class RollUp {
 public:
  void put_policy(const kube::ObjectKey& key, const std::string& uid, int64_t generation);
  void remove_policy(const kube::ObjectKey& key);
  void put_report(const kube::PolicyReport& report);
  void remove_report(const std::string& node);

  // Whose summary may have changed since the last call.
  [[nodiscard]] std::set<kube::ObjectKey> take_changed();
  // Absent: there is no such policy.
  [[nodiscard]] std::optional<Summary> summary(const kube::ObjectKey& key) const;
  [[nodiscard]] size_t reports() const { return nodes_.size(); }

 private:
  struct Policy {
    uint64_t id = 0;
    int64_t generation = 0;
  };
  struct Entry {
    uint64_t policy = 0;
    int32_t generation = 0;
    kube::PolicyWord word = kube::PolicyWord::kLoading;
    std::shared_ptr<const kube::PolicySaid> error;  // null: none
  };
  using Entries = std::vector<Entry>;  // sorted

  void differ(const Entries& before, const Entries& after);

  std::map<kube::ObjectKey, Policy> policies_;
  std::map<uint64_t, kube::ObjectKey> by_id_;
  std::map<std::string, Entries> nodes_;
  std::set<kube::ObjectKey> changed_;
};

}  // namespace tripline::op
