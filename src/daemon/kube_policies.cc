// SPDX-License-Identifier: Apache-2.0
#include "daemon/kube_policies.h"

#include <utility>
#include <vector>

namespace tripline {
namespace {

PolicyName name_of(const kube::ObjectKey& key) { return {kKubeDomain, key.name_space, key.name}; }

std::vector<std::pair<std::string, std::string>> fields_of(const PolicyName& name) {
  std::vector<std::pair<std::string, std::string>> out{{"name", name.name}};
  if (!name.namespace_name.empty()) out.emplace_back("namespace", name.namespace_name);
  return out;
}

kube::PolicyWord word_of(const PolicyStatus& status) {
  using Word = kube::PolicyWord;
  if (status.state == PolicyState::kSkipped) return Word::kSkipped;
  if (status.state == PolicyState::kLoadError) return Word::kLoadError;
  if (!status.error.empty()) return Word::kRefused;
  if (status.state == PolicyState::kDisabled) return Word::kDisabled;
  return status.state == PolicyState::kEnabled ? Word::kEnabled : Word::kPartiallyEnabled;
}

}  // namespace

std::string shown_of_kube(const PolicyName& name) {
  return "k8s:" + (name.namespace_name.empty() ? "" : name.namespace_name + "/") + name.name;
}

void KubePolicies::restore(const PolicyName& name, std::string document) {
  const kube::ObjectKey key{name.namespace_name, name.name};
  policies_[name] = {.object = kube::PolicyObject{.key = key, .document = document},
                     .document = document,
                     .is_there = true,
                     .in_force = true,
                     .restored = true};
}

void KubePolicies::synced(kube::PolicyScope scope) {
  std::vector<kube::ObjectKey> gone;
  for (const auto& [name, policy] : policies_) {
    const bool is_of_kind = name.namespace_name.empty() == (scope == kube::PolicyScope::kCluster);
    if (policy.restored && is_of_kind) gone.push_back({name.namespace_name, name.name});
  }
  for (const kube::ObjectKey& key : gone) remove(key);
}

void KubePolicies::put(kube::PolicyObject object) {
  const PolicyName name = name_of(object.key);
  if (!object.nodes_mistake.empty()) {
    auto fields = fields_of(name);
    fields.emplace_back("reason", object.nodes_mistake);
    steps_.log({LogLevel::kWarning, "Invalid nodeSelector: the policy applies to every node", fields});
  }
  Policy& policy = policies_[name];
  if (policy.is_there && !policy.object) policy.made_anew = true;
  policy.restored = false;
  policy.object = std::move(object);
  reconcile(name);
  steps_.changed();
}

void KubePolicies::remove(const kube::ObjectKey& key) {
  const PolicyName name = name_of(key);
  const auto found = policies_.find(name);
  if (found == policies_.end()) return;
  found->second.restored = false;
  found->second.object.reset();
  reconcile(name);
  steps_.changed();
}

void KubePolicies::set_node(Labels labels) {
  unreadable_ = false;
  if (node_ == labels) return;
  node_ = std::move(labels);
  reconcile_selected();
}

void KubePolicies::node_unreadable(const std::string& why) {
  if (node_ || std::exchange(unreadable_, true)) return;
  steps_.log({LogLevel::kWarning,
              "The labels of this node are unknown: policies with a nodeSelector are in force",
              {{"reason", why}}});
  reconcile_selected();
}

void KubePolicies::reconcile_selected() {
  std::vector<PolicyName> names;
  for (const auto& [name, policy] : policies_) {
    if (policy.object && policy.object->nodes) names.push_back(name);
  }
  for (const PolicyName& name : names) reconcile(name);
}

bool KubePolicies::is_for_here(const kube::PolicyObject& object) const {
  return !object.nodes || !node_ || meets(*object.nodes, *node_);
}

KubePolicies::Step KubePolicies::step_of(const Policy& policy) const {
  if (!policy.object || policy.made_anew) return policy.is_there ? Step::kRemove : Step::kNothing;
  const kube::PolicyObject& object = *policy.object;
  if (object.nodes && !node_ && !unreadable_) return Step::kNothing;  // until its labels are known
  if (!is_for_here(object)) return policy.is_there && policy.document.empty() ? Step::kNothing : Step::kSkip;
  return policy.is_there && policy.document == object.document ? Step::kNothing : Step::kUpdate;
}

void KubePolicies::reconcile(const PolicyName& name) {
  const auto found = policies_.find(name);
  if (found == policies_.end() || found->second.busy || ended_) return;
  const Step step = step_of(found->second);
  if (step != Step::kNothing) return begin(name, found->second, step);
  if (!found->second.object) policies_.erase(found);
}

void KubePolicies::begin(const PolicyName& name, Policy& policy, Step step) {
  policy.busy = true;
  policy.is_there = step != Step::kRemove;
  policy.document = step == Step::kUpdate ? policy.object->document : "";
  policy.made_anew = false;
  // A copy: what is known of the policy may change before the answer.
  const auto answer = [this, name, step](const Registry::Outcome& outcome) { done(name, step, outcome); };
  switch (step) {
    case Step::kNothing:
      break;
    case Step::kUpdate: {
      steps_.update(name, {.name = shown_of_kube(name), .text = policy.document, .loose = true}, answer);
      break;
    }
    case Step::kSkip:
      steps_.skip(name, answer);
      break;
    case Step::kRemove:
      steps_.remove(name, answer);
      break;
  }
}

void KubePolicies::done(const PolicyName& name, Step step, const Registry::Outcome& outcome) {
  const auto said = [&](LogLevel level, std::string message) {
    LogLine line{level, std::move(message), fields_of(name)};
    if (!outcome) line.fields.emplace_back("error", outcome.error());
    steps_.log(line);
  };
  Policy& policy = policies_[name];
  switch (step) {
    case Step::kNothing:
      break;
    case Step::kUpdate:
      if (outcome) {
        said(LogLevel::kInfo, "A policy from the API server is in force");
      } else {
        said(LogLevel::kError,
             policy.in_force ? "A policy of the API server is refused; its earlier version stays in force"
                             : "Refused a policy from the API server");
      }
      policy.in_force = policy.in_force || outcome;
      if (outcome) steps_.keep(name, policy.document);
      break;
    case Step::kSkip:
      said(outcome ? LogLevel::kInfo : LogLevel::kError,
           outcome ? "A policy of the API server is for other nodes" : "A policy could not be ended");
      policy.in_force = policy.in_force && !outcome;
      if (outcome) steps_.keep(name, std::nullopt);
      break;
    case Step::kRemove:
      said(outcome ? LogLevel::kInfo : LogLevel::kWarning,
           outcome ? "A policy of the API server is deleted" : "A policy of the API server was not there");
      policy.in_force = false;
      steps_.keep(name, std::nullopt);
      break;
  }
  policy.busy = false;
  reconcile(name);
  steps_.changed();
}

std::vector<kube::PolicySaid> KubePolicies::said(const std::vector<PolicyStatus>& listed) const {
  std::map<PolicyName, const PolicyStatus*> by_name;
  for (const PolicyStatus& each : listed) {
    if (each.domain == kKubeDomain)
      by_name.emplace(PolicyName(each.domain, each.namespace_name, each.name), &each);
  }
  std::vector<kube::PolicySaid> out;
  for (const auto& [name, policy] : policies_) {
    if (!policy.object) continue;
    kube::PolicySaid& one = out.emplace_back(kube::PolicySaid{
        .key = policy.object->key, .uid = policy.object->uid, .generation = policy.object->generation});
    const auto found = by_name.find(name);
    if (policy.busy || !policy.is_there || found == by_name.end()) continue;
    const PolicyStatus& status = *found->second;
    one.word = word_of(status);
    if (!kube::has_failed(one.word)) continue;
    one.message = status.error;
    if (!status.mistake) continue;
    one.line = status.mistake->line;
    one.column = status.mistake->column;
    one.message = status.mistake->message;
  }
  return out;
}

}  // namespace tripline
