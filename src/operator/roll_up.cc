// SPDX-License-Identifier: Apache-2.0
#include "operator/roll_up.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace tripline::op {
namespace {

using kube::ObjectKey;
using kube::PolicyWord;

uint64_t id_of(const std::string& uid) { return std::hash<std::string>()(uid); }

}  // namespace

void RollUp::put_policy(const ObjectKey& key, const std::string& uid, int64_t generation) {
  const uint64_t id = id_of(uid);
  auto [at, is_new] = policies_.try_emplace(key);
  Policy& policy = at->second;
  if (!is_new && policy.id == id && policy.generation == generation) return;
  if (!is_new) by_id_.erase(policy.id);
  policy = {id, generation};
  by_id_[id] = key;
  changed_.insert(key);
}

void RollUp::remove_policy(const ObjectKey& key) {
  const auto found = policies_.find(key);
  if (found == policies_.end()) return;
  by_id_.erase(found->second.id);
  policies_.erase(found);
  changed_.erase(key);
}

void RollUp::differ(const Entries& before, const Entries& after) {
  const auto note = [this](uint64_t id) {
    if (const auto found = by_id_.find(id); found != by_id_.end()) changed_.insert(found->second);
  };
  auto left = before.begin();
  auto right = after.begin();
  while (left != before.end() || right != after.end()) {
    if (right == after.end() || (left != before.end() && left->policy < right->policy)) {
      note((left++)->policy);
    } else if (left == before.end() || right->policy < left->policy) {
      note((right++)->policy);
    } else {
      const bool same_error =
          (!left->error && !right->error) || (left->error && right->error && *left->error == *right->error);
      if (left->generation != right->generation || left->word != right->word || !same_error)
        note(left->policy);
      ++left;
      ++right;
    }
  }
}

void RollUp::put_report(const kube::PolicyReport& report) {
  Entries entries;
  for (const kube::PolicySaid& said : report.policies)
    entries.push_back(
        {.policy = id_of(said.uid),
         .generation = static_cast<int32_t>(said.generation),
         .word = said.word,
         .error = has_failed(said.word) ? std::make_shared<const kube::PolicySaid>(said) : nullptr});
  std::ranges::sort(entries, {}, &Entry::policy);
  auto [at, is_new] = nodes_.try_emplace(report.node);
  if (is_new) {
    for (const auto& [key, policy] : policies_) changed_.insert(key);  // there is a node more to count
  } else {
    differ(at->second, entries);
  }
  entries.shrink_to_fit();
  at->second = std::move(entries);
}

void RollUp::remove_report(const std::string& node) {
  if (nodes_.erase(node) == 0) return;
  for (const auto& [key, policy] : policies_) changed_.insert(key);
}

std::set<ObjectKey> RollUp::take_changed() { return std::exchange(changed_, {}); }

std::optional<Summary> RollUp::summary(const ObjectKey& key) const {
  const auto policy = policies_.find(key);
  if (policy == policies_.end()) return {};
  Summary out{.generation = policy->second.generation, .error = {}};
  for (const auto& [node, entries] : nodes_) {
    const auto entry = std::ranges::lower_bound(entries, policy->second.id, {}, &Entry::policy);
    const bool is_there = entry != entries.end() && entry->policy == policy->second.id;
    // What is said of an earlier generation says nothing of this one.
    if (!is_there || entry->generation != static_cast<int32_t>(out.generation) ||
        entry->word == PolicyWord::kLoading) {
      ++out.pending;
    } else if (has_failed(entry->word)) {
      ++out.failed;
      if (!out.error && entry->error) out.error = {node, *entry->error};
    } else if (entry->word == PolicyWord::kDisabled) {
      ++out.disabled;
    } else if (entry->word == PolicyWord::kSkipped) {
      ++out.skipped;
    } else {
      ++out.enabled;
    }
  }
  out.total = out.enabled + out.disabled + out.failed + out.pending;
  return out;
}

}  // namespace tripline::op
