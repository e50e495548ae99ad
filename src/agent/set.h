// SPDX-License-Identifier: Apache-2.0
// The active policy set and its programs in the kernel: one for each hook that any policy watches.
//
// A set is replaced as a whole (D8). The hooks whose sections differ are compiled, loaded and attached while the old
// programs still judge; the new ones are inert until one store of the epoch makes them live and the old ones inert.
// Then the old ones are detached. If any step before that store fails, nothing has changed.
//
// Both programs of a hook run one after the other at the same call, so the store can come between them. The epoch
// therefore goes from N (old) by way of N + 2 to N + 3 (new): while it is N + 2 new programs note which calls they
// have judged, and an old one (died N + 2) leaves those to them and judges the others. A program whose hook has no new
// one died at N + 1. The time between the two stores is much longer than any call takes to pass both programs.
//
// Numbers (slots, counters) of a program that was detached are not handed out again for a while: a task can have been
// preempted on its way into it. Its counts are added to those of its policies when the numbers are freed, and its
// schemas are kept until then for records still on their way. Schema ids are never used twice.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "agent/facts.h"
#include "base/result.h"
#include "compile/compile.h"
#include "event/decode.h"
#include "kernel/kernel.h"
#include "load/host.h"
#include "policy/checked.h"

namespace tripline {

using PolicyPtr = std::shared_ptr<const CheckedPolicy>;

// What of a policy something was counted for: a selector of a section, at the entry or at the return of its functions.
// A section that names a list is one, whatever the number of functions.
struct PolicyPart {
  HookKind kind = HookKind::kKprobe;
  uint32_t section = 0;  // its position in its list
  uint32_t selector = 0;
  bool at_return = false;
  auto operator<=>(const PolicyPart&) const = default;
};
using PartCounts = std::map<PolicyPart, tl_counter>;

class PolicySet {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr Clock::duration kQuarantine = std::chrono::seconds(30);
  static constexpr Clock::duration kHandOver = std::chrono::milliseconds(20);

  // Both must outlive the set.
  PolicySet(const Kernel& kernel, Host& host) : kernel_(&kernel), host_(&host) {}

  // No policy will come or go any more, so the kernel's description is not needed: replace() fails from here on.
  void settle() { kernel_ = nullptr; }

  // Makes `policies` the set in force, in that order.
  Result<void> replace(std::vector<PolicyPtr> policies, Clock::time_point now = Clock::now());

  // From here on nothing is judged, so what was counted stays as it is. The programs remain, and no policy comes or goes
  // any more. Takes kHandOver.
  void end() { hand_over(live_, {}); }

  // Frees what has been out of use for long enough.
  void collect(Clock::time_point now = Clock::now());

  [[nodiscard]] const std::vector<PolicyPtr>& policies() const { return policies_; }
  [[nodiscard]] const SchemaTable& schemas() const { return schemas_; }

  // All that was counted for a policy of the set since it was added, over all its hooks. For one that was taken out
  // it is what was counted for it, as long as its numbers are not used again.
  [[nodiscard]] Result<tl_counter> counts(const PolicyPtr& policy) const;
  // The same, apart.
  [[nodiscard]] Result<PartCounts> part_counts(const PolicyPtr& policy) const;
  // How many of the calls that wait for their return, by the number of their pair, are for a policy of the set.
  [[nodiscard]] uint64_t notes_of(const PolicyPtr& policy, const std::map<uint32_t, uint64_t>& notes) const;
  // The counts of all policies that were ever taken out.
  [[nodiscard]] Result<tl_counter> counts_of_gone() const;
  // Whose records have schema `id`; null when nobody's.
  [[nodiscard]] PolicyPtr owner(uint32_t schema) const;
  // What the kernel tells of the programs in force (D13).
  [[nodiscard]] Result<std::vector<ProgramFacts>> facts() const;

 private:
  struct Owned {
    PolicyPtr policy;
    PolicyPart part;
    uint32_t counter = 0;
  };

  // What a program holds of things that must not be used twice at the same time.
  struct Claim {
    Numbering numbers;
    uint32_t counters = 0;     // how many from numbers.first_counter
    std::vector<Owned> owned;  // of them
    std::vector<uint32_t> schemas;
  };
  // A hook's program in the kernel.
  struct Live {
    HookPlan plan;
    Claim claim;
    Programs programs;
    std::shared_ptr<const FactMaps>
        facts;  // that the program reads; null when it asks nothing of the process
  };
  struct Retired {
    Clock::time_point since;
    Claim claim;
  };

  // Numbers from a fixed range, in runs; hands out the run that has been free for longest.
  class Numbers {
   public:
    explicit Numbers(uint32_t size) : used_(size) {}
    // The first of `count` free neighbours, looking from where the last search ended; absent when there are none.
    std::optional<uint32_t> take(uint32_t count);
    void put(uint32_t first, uint32_t count);

   private:
    std::vector<bool> used_;
    uint32_t next_ = 0;
  };

  // That of the set which is coming.
  [[nodiscard]] uint32_t next_epoch() const;
  Result<Claim> make_claim(const HookPlan& plan);
  void drop_claim(const Claim& claim);
  Result<Live> bring_up(HookPlan plan, const FactsPtr& facts, Clock::time_point now);
  Result<std::vector<Live>> bring_up_missing(const std::vector<HookPlan>& plans, const FactsPtr& facts,
                                             Clock::time_point now);
  // Is it what `plan` is to be with these facts?
  [[nodiscard]] static bool serves(const Live& live, const HookPlan& plan, const FactsPtr& facts);
  void hand_over(std::span<const Live> leaving, std::span<const Live> fresh);
  void retire(Claim claim, Clock::time_point now);
  [[nodiscard]] bool in_force(const PolicyPtr& policy) const;
  // Hands each counter of a claim whose owner is wanted to `add`.
  template <typename Wanted, typename Add>
  Result<void> read_counts(const Wanted& wanted, const Add& add) const;

  const Kernel* kernel_;
  Host* host_;
  std::vector<PolicyPtr> policies_;
  uint32_t fact_versions_ = 0;
  FactsPtr facts_;  // null when no policy asks for any
  std::vector<Live> live_;
  std::deque<Retired> retired_;  // longest out of use first
  // What programs counted whose claims were dropped: for policies in force, and for all others together.
  std::map<PolicyPtr, PartCounts> past_;
  tl_counter gone_{};
  SchemaTable schemas_;
  std::map<uint32_t, PolicyPtr> owners_;  // by schema
  Numbers slots_{TL_PROGRAMS_MAX};
  Numbers counters_{host_->options().counters};
  uint32_t next_schema_ = 1;
  // What entries and returns of a hook of a policy share.
  std::map<std::pair<PolicyPtr, uint32_t>, uint32_t> pairs_;
  uint32_t next_pair_ = 1;
};

}  // namespace tripline
