// SPDX-License-Identifier: Apache-2.0
// KubePolicies: loads and unloads the policies of the API server. A change that arrives while an earlier version of
// the policy is being processed waits for that; of several waiting changes only the last is carried out.
//
// Policies with a nodeSelector wait until the labels of this node are known, and follow them. If the node cannot be
// read, they are in force on every node: a silently missing policy is worse than one too many.
//
// Everything here runs on one thread, answers included.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/registry.h"
#include "base/log_line.h"
#include "event/policy_status.h"
#include "kube/policy_report.h"
#include "kube/read_policy.h"

namespace tripline {

inline constexpr const char* kKubeDomain = "k8s";

// What messages call the document of one: `k8s:n/p`.
[[nodiscard]] std::string shown_of_kube(const PolicyName& name);

// What is done with policies: the methods of a Registry.
struct PolicySteps {
  std::function<void(PolicyName, Source, Registry::Answer)> update;
  std::function<void(PolicyName, Registry::Answer)> skip;
  std::function<void(PolicyName, Registry::Answer)> remove;
  std::function<void(const LogLine&)> log;
  // What is in force of a policy has changed: its document; absent: nothing is.
  std::function<void(const PolicyName&, const std::optional<std::string>& document)> keep =
      [](const PolicyName&, const std::optional<std::string>&) {};
  std::function<void()> changed = [] {};  // said() may say something else
};

class KubePolicies {
 public:
  explicit KubePolicies(PolicySteps steps) : steps_(std::move(steps)) {}
  KubePolicies(const KubePolicies&) = delete;
  KubePolicies& operator=(const KubePolicies&) = delete;

  // One that is in force already, since an earlier daemon was told of it. It stays until the API server tells of another
  // document or, when it has told of all policies of that kind (synced()), not of this one.
  void restore(const PolicyName& name, std::string document);
  void synced(kube::PolicyScope scope);
  void put(kube::PolicyObject object);
  void remove(const kube::ObjectKey& key);
  void set_node(Labels labels);
  // Why the labels of this node are not known; those that were known stay.
  void node_unreadable(const std::string& why);
  // Nothing is begun from here on.
  void end() { ended_ = true; }

  // What is to be reported of each, which the registry lists as `listed`.
  [[nodiscard]] std::vector<kube::PolicySaid> said(const std::vector<PolicyStatus>& listed) const;

  [[nodiscard]] size_t size() const { return policies_.size(); }

 private:
  enum class Step : uint8_t { kNothing, kUpdate, kSkip, kRemove };
  struct Policy {
    std::optional<kube::PolicyObject> object;  // absent: it is gone
    std::string document;                      // that was last asked for; empty: none, it is skipped
    bool is_there = false;                     // in the registry
    bool in_force = false;                     // a version of it
    bool busy = false;                         // a step is on its way
    bool made_anew = false;                    // it is another object of the same name, so it goes first
    bool restored = false;                     // the API server has not told of it yet
  };

  void reconcile(const PolicyName& name);
  [[nodiscard]] Step step_of(const Policy& policy) const;
  [[nodiscard]] bool is_for_here(const kube::PolicyObject& object) const;
  void begin(const PolicyName& name, Policy& policy, Step step);
  void done(const PolicyName& name, Step step, const Registry::Outcome& outcome);
  void reconcile_selected();

  PolicySteps steps_;
  std::map<PolicyName, Policy> policies_;
  std::optional<Labels> node_;
  bool unreadable_ = false;
  bool ended_ = false;
};

}  // namespace tripline
