// SPDX-License-Identifier: Apache-2.0
// The slow part of a change, done beside the loop (D15): documents are checked, hooks whose sections differ are
// compiled, loaded and attached. What comes back is inert; PolicySet makes it live with a store of the epoch, or, when
// the preparation failed, has nothing to do: then everything it made is gone again.
//
// It works on values that it was given. Of what it shares with the loop it writes only what belongs to numbers it took.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "admission/admission.h"
#include "agent/change.h"
#include "agent/facts.h"
#include "agent/numbers.h"
#include "agent/scopes.h"
#include "compile/compile.h"
#include "kernel/kernel.h"
#include "load/calls_under_way.h"
#include "load/host.h"
#include "object/object.h"

namespace tripline {

// A policy of the set.
struct Member {
  PolicyId id;
  PolicyPtr policy;
  bool enabled = true;
  uint32_t mode = 0;  // where its mode is, in tl_control.mode
  uint64_t text = 0;  // a hash of its document, of another text another one; 0: it is not known
  std::shared_ptr<const Source> source =
      {};  // its document, where it hooks code of user space; null: not known
};

// What is known of the kernel that runs, and what it was asked.
struct KnownKernel {
  std::shared_ptr<const Kernel> kernel;  // null: the set is final
  ProbeScope asked;
};

// A hook's program in the kernel.
struct Live {
  std::shared_ptr<const HookPlan> plan;
  Claim claim;
  Programs programs;
  std::shared_ptr<const FactMaps> facts;  // that the program reads; null when it asks nothing of the process
  std::shared_ptr<const FollowedMaps> scopes = nullptr;  // likewise; null when it is about everybody
  // Of its records, and whose those are; until they are known to whoever reads records.
  std::vector<std::pair<Generation, Schema>> layouts = {};
};

// What the steps are done with; tests put others in their place.
struct Steps {
  std::function<Admission(Document, const Kernel&, const AdmissionOptions&)> admit = tripline::admit;
  std::function<ProbeReport(Kernel, const ProbeScope&, const ProbeScope&)> probe = probe_more;
  std::function<Result<Object>(const HookPlan&, const Kernel&, const Numbering&)> compile = tripline::compile;
  std::function<Result<FactsPtr>(const FactNeeds&, const FactsPtr&, uint32_t&, const Kernel&, Host&)> facts =
      facts_for;
  // Workloads::scopes_for; without it, policies that are about some processes only are refused.
  std::function<Result<ScopesPtr>(const ScopeNeeds&, const ScopesPtr&, Host&)> scopes = {};
  std::function<Result<Programs>(Host&, const Object&, const SetMaps&)> load = &Host::load;
  std::function<Result<void>(Programs&)> attach = &Programs::attach;
  // Some of the programs that were attached post stacks of the kernel.
  std::function<void()> expect_kernel_stacks = [] {};
  std::function<Result<void>()> wait_for_calls = tripline::wait_for_calls;
};

struct Preparation {
  // What is of a live program needed to tell whether it can stay.
  struct Known {
    uint32_t slot = 0;
    std::shared_ptr<const HookPlan> plan;
    std::shared_ptr<const FactMaps> facts;
    std::shared_ptr<const FollowedMaps> scopes;
  };

  Change change;
  std::vector<Member> members;
  std::vector<Known> live;
  Book book;
  KnownKernel kernel;
  FactsPtr facts;
  ScopesPtr scopes;
  AdmissionOptions admission;
  uint32_t born = 0;  // the epoch of what comes
};

struct Prepared {
  ChangeResult result;
  Book book;
  // The rest only counts when result.status is good.
  KnownKernel kernel = {};
  std::vector<Member> members = {};
  std::vector<Live> fresh = {};
  std::vector<uint32_t> staying = {};   // slots of programs that stay, sorted
  std::vector<uint32_t> followed = {};  // slots of those that go and have a successor at their hook, sorted
  FactsPtr facts = {};
  ScopesPtr scopes = {};
  std::vector<double> compiled = {};  // seconds that each program took; whatever the status
  // This only when it is not: of programs that were attached, so their numbers must rest.
  std::vector<Claim> abandoned = {};
};

[[nodiscard]] Prepared prepare(Preparation given, const Steps& steps, Host& host,
                               const std::stop_token& stop);

// Of a policy that has no document any more, "p"; with a namespace "n/p".
[[nodiscard]] std::string shown(const PolicyName& name);

}  // namespace tripline
