// SPDX-License-Identifier: Apache-2.0
// What is to be compiled: all hook sections of a set of policies, grouped by hook. A plan is a value; it shares the
// policies it comes from.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "policy/checked.h"

namespace tripline {

struct FactTable;
struct ScopeTable;

// One hook section of one policy. The policy is shared so that a plan outlives changes of the set it came from.
struct HookSection {
  std::shared_ptr<const CheckedPolicy> policy;
  uint32_t hook = 0;  // index into policy->hooks
  // Of the program at a function's return: what the section is there. Its args are what is shown of the return, its
  // selectors those of the return.
  std::shared_ptr<const CheckedHook> at_return;
  uint64_t id = 0;  // of the policy, as PlannedPolicy says

  [[nodiscard]] const CheckedHook& section() const { return at_return ? *at_return : policy->hooks[hook]; }
};

// An enforced call of one policy: notices that its hooks have left for a thread are enforced there.
struct EnforcedCall {
  std::shared_ptr<const CheckedPolicy> policy;
  uint32_t call = 0;  // index into policy->enforced
  uint64_t id = 0;    // of the policy, as PlannedPolicy says

  [[nodiscard]] const CheckedHook& hook() const { return policy->enforced[call]; }
};

// A policy of the set that is compiled, and the number by which its owner knows it.
struct PlannedPolicy {
  std::shared_ptr<const CheckedPolicy> policy;
  uint64_t id = 0;
};

// Everything that happens at one hook: what becomes one program. Sections stand in the order their policies were
// loaded. A function's return is a hook of its own. Places of a file that the same sections are on are one hook.
struct HookPlan {
  Target target;
  Attachment attachment = Attachment::kFentry;
  std::vector<HookSection> sections;
  std::vector<EnforcedCall> enforced = {};  // what of sections notifies, does so before
};

// Does any hook of the policy leave notices? One on an enforced call does what they would say.
[[nodiscard]] bool leaves_notices(const CheckedPolicy& policy);

// Tells policies apart that track sockets: the same policy, loaded anew, goes on where it was.
[[nodiscard]] int64_t tracking_key(const CheckedPolicy& policy);

// By which notices of the policy are known in the kernel. Another one whenever a policy is loaded, where ids are given.
[[nodiscard]] uint64_t notice_key(const CheckedPolicy& policy, uint64_t id);

// Numbers that must be unique among everything that runs at once; the caller hands them out.
struct Numbering {
  uint32_t slot = 0;          // tl_control.died index of the program
  uint32_t born = 1;          // first epoch in which the program is live
  uint32_t first_schema = 1;  // ids of the schemas, schemas_of_section() for each section, upwards
  // Indices into the counters map, one for each selector of each section, upwards.
  uint32_t first_counter = 0;
  // For each section the number that its records of entries and of returns share; as long as it stays, a return finds
  // its entry, whatever programs were exchanged in between. Empty: the position of the section's hook in its policy.
  std::vector<uint32_t> pairs;
  // For each section the place of its policy's mode in tl_control. Empty: the section's own position.
  std::vector<uint32_t> modes;
  // What is known of processes, and where; absent: the plan's own needs, from scratch.
  std::shared_ptr<const FactTable> facts;
  // Likewise of who is in which scope.
  std::shared_ptr<const ScopeTable> scopes;
};

// Groups all hook sections of `policies` by hook, in order of first appearance.
[[nodiscard]] std::vector<HookPlan> plan_hooks(std::span<const PlannedPolicy> policies);
// Where nobody asks for their ids.
[[nodiscard]] std::vector<HookPlan> plan_hooks(
    std::span<const std::shared_ptr<const CheckedPolicy>> policies);

// The number that entry and return of section `n` share.
[[nodiscard]] uint32_t pair_of(const HookPlan& plan, const Numbering& numbering, size_t n);

// Where the mode of the policy of section `n` is, in tl_control.mode.
[[nodiscard]] uint32_t mode_of(const Numbering& numbering, size_t n);

// Does an event of it show the hash of a file? Then its program sleeps.
[[nodiscard]] bool takes_hashes(const HookPlan& plan);

// Does its program wait for memory of the process that is not present? Hooks on code of user space do that, on kernels
// where they can, when they read any.
[[nodiscard]] bool waits_for_memory(const HookPlan& plan, const Kernel& kernel);

// Number of schemas that each section of `plan` has: one for each function.
[[nodiscard]] uint32_t schemas_of_section(const HookPlan& plan);

// Number of counters `plan` needs.
[[nodiscard]] uint32_t counters_of(const HookPlan& plan);

}  // namespace tripline
