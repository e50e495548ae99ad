// SPDX-License-Identifier: Apache-2.0
// The active policy set and its programs in the kernel: one for each hook that any policy watches.
//
// A set is replaced as a whole (D8). What is to come is prepared beside the loop (prepare.h), attached and inert, while
// the old programs still judge; one store of the epoch makes it live and the old programs inert. Then the old ones are
// detached, beside the loop, too. If the preparation fails, nothing has changed. Changes that are asked for meanwhile
// wait, in order.
//
// Both programs of a hook run one after the other at the same call, so the store can come between them. The epoch
// therefore goes from N (old) by way of N + 2 to N + 3 (new): while it is N + 2 new programs note which calls they
// have judged, and an old one (died N + 2) leaves those to them and judges the others. A program whose hook has no new
// one died at N + 1. Between the two stores the kernel is asked, beside the loop, to wait for the calls that are under way
// (load/calls_under_way.h), and kHandOver goes by: for calls that the kernel does not know of, and for all of them if it
// refuses. The loop goes on meanwhile, which is why advance() is to be called again when due() says so, or the bell rings.
//
// Numbers (slots, counters) of a program that was detached are not handed out again for a while: a task can have been
// preempted on its way into it. Its counts are added to those of its policies when the numbers are freed, and its
// schemas are kept until then for records still on their way. Schema ids are never used twice. Of a policy that is gone
// nothing is kept beyond that but its counts, in one sum with those of all others that are gone.
//
// Programs of an agent that is gone (inherit()) are members of no policy here. They judge until the first change, which
// replaces all of them as it would replace our own. What they counted is told apart from what ours count.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "agent/change.h"
#include "agent/change_times.h"
#include "agent/facts.h"
#include "agent/manifest.h"
#include "agent/numbers.h"
#include "agent/policy_id.h"
#include "agent/prepare.h"
#include "agent/worker.h"
#include "base/result.h"
#include "event/decode.h"
#include "load/host.h"

namespace tripline {

// A program in force, and for which policies it judges; nobody's is one that keeps what is known of processes.
struct OwnedProgram {
  ProgramFacts facts;
  std::vector<std::pair<Generation, HookKind>> owners = {};
};

using PartCounts = std::map<PolicyPart, tl_counter>;

class PolicySet {
 public:
  using Clock = std::chrono::steady_clock;
  using Done = std::function<void(ChangeResult)>;
  static constexpr Clock::duration kQuarantine = std::chrono::seconds(30);
  static constexpr Clock::duration kHandOver = std::chrono::milliseconds(20);

  // The host must outlive the set.
  PolicySet(KnownKernel kernel, Host& host, AdmissionOptions admission = {}, Steps steps = {},
            Worker::Place prepared = Worker::Place::kBeside);

  // Asks for a change; `done` is called by advance() when it is in force, or has failed.
  void request(Change change, Done done);
  // After all changes that were asked for: from then on nothing is judged, so what was counted stays as it is. The
  // programs remain, and no policy comes or goes any more.
  void request_end(Done done);
  // Does what can be done without waiting, and frees what has been out of use for long enough.
  void advance(Clock::time_point now = Clock::now());
  // Is anything under way, or detached but not yet gone?
  [[nodiscard]] bool busy() const { return phase_ != Phase::kIdle || !waiting_.empty(); }
  // When advance() has something to do that the bell does not tell; what the bell will tell is not in it.
  [[nodiscard]] std::optional<Clock::time_point> due() const;
  [[nodiscard]] const Worker& worker() const { return worker_; }

  // --- across agents (set_keep.cc)

  // What an agent that is gone left; before any change. `hooks`: those of `left`, in its order.
  void inherit(const Manifest& left, std::vector<Programs> hooks, Programs facts);
  // Something else judges, too, until the first change is in force.
  void stand_beside() { beside_ = true; }
  // `write` is called before what manifest() says changes in a way that matters.
  void set_manifest_writer(std::function<void(Manifest)> write) { write_manifest_ = std::move(write); }
  [[nodiscard]] Manifest manifest() const;
  // What programs of an agent that is gone counted, for those policies here that have the same name and text.
  [[nodiscard]] std::map<Generation, PartCounts> inherited() const;
  // All that has names stays attached, whatever becomes of this value. Not while it is busy.
  void leave() const;
  // Programs that could not be given a name, so that they end with this process.
  [[nodiscard]] size_t unpinned() const;

  // No policy will come or go any more, so the kernel's description is not needed: changes fail from here on. Not while
  // it is busy. What was known of the kernel comes back.
  std::shared_ptr<const Kernel> settle();

  // From here on, what the policy asks to enforce is performed, or only counted. Fails for a policy that is disabled, or
  // that has nothing to enforce.
  Result<void> set_enforces(const PolicyName& name, bool enforces);
  [[nodiscard]] bool enforces(const Member& member) const { return host_->enforces(member.mode); }

  // In the order in which they were added.
  [[nodiscard]] const std::vector<Member>& members() const { return members_; }
  // Null when there is none.
  [[nodiscard]] const Member* find(const PolicyName& name) const;
  [[nodiscard]] const Member* find(Generation generation) const;
  [[nodiscard]] const SchemaTable& schemas() const { return schemas_; }
  // How often the set has changed.
  [[nodiscard]] uint64_t changes() const { return changes_; }
  [[nodiscard]] const Book& book() const { return book_; }

  // All that was counted for a policy of the set since it was added, over all its hooks. For one that was taken out
  // it is what was counted for it, as long as its numbers are not used again.
  [[nodiscard]] Result<tl_counter> counts(Generation policy) const;
  // The same, apart.
  [[nodiscard]] Result<PartCounts> part_counts(Generation policy) const;
  // The same of all that anything is known of, with one look at each counter.
  [[nodiscard]] Result<std::map<Generation, PartCounts>> all_counts() const;
  // The counts of all policies that were ever taken out, and of which nothing else is known any more.
  [[nodiscard]] const tl_counter& forgotten() const { return gone_; }
  // How many of the calls that wait for their return, by the number of their pair, are for a policy of the set.
  [[nodiscard]] uint64_t notes_of(Generation policy, const std::map<uint32_t, uint64_t>& notes) const;
  // Whose records have schema `id`; 0 when nobody's.
  [[nodiscard]] Generation owner(uint32_t schema) const;
  // Bytes that the kernel has for the programs of its hooks, also where they judge for other policies as well.
  [[nodiscard]] uint64_t memory(Generation policy) const;
  // What the kernel tells of the programs in force (D13).
  [[nodiscard]] Result<std::vector<OwnedProgram>> programs() const;
  [[nodiscard]] const ChangeTimes& times() const { return times_; }

 private:
  enum class Phase {
    kIdle,
    kPreparing,  // the worker has a copy of the book, which takes its place
    kBefore,   // prepared; until there is no call any more that began when the new programs were not attached
    kBetween,  // between the two stores; until there is no call any more that began before the first
    kDetaching,  // the worker has what left
  };
  struct Request {
    std::optional<Change> change;  // absent: the end
    Done done;
  };
  // A policy of an agent that is gone. In claims it has the number kLeft + its position.
  struct Left {
    PolicyName name;
    uint64_t document = 0;
    Generation heir = 0;  // 0: none
    PartCounts counts;    // by programs that are gone
    std::vector<uint32_t> modes;
  };
  static constexpr Generation kLeft = Generation{1} << 63;

  struct Retired {
    Clock::time_point since;
    std::vector<Claim> claims;
    std::vector<uint32_t> modes;
  };

  bool step(Clock::time_point now);
  bool begin(Clock::time_point now);
  void take_prepared(Clock::time_point now);
  void take_failed(Clock::time_point now);
  void switch_over(Clock::time_point now);
  void wait(Phase phase, bool for_calls, Clock::time_point now);
  void finish(Clock::time_point now);
  void detach();
  void answer();
  void adopt_members(std::vector<Member> members);
  void name_heirs();
  void count_for_left(Generation left, const PolicyPart& part, const tl_counter& counter);
  void collect(Clock::time_point now);
  [[nodiscard]] std::vector<const Claim*> claims() const;
  // Hands each counter in use to `add`.
  template <typename Add>
  Result<void> read_counts(const Add& add) const;

  KnownKernel kernel_;
  Host* host_;
  AdmissionOptions admission_;
  Steps steps_;
  bool ended_ = false;

  std::vector<Member> members_;
  uint64_t changes_ = 0;
  FactsPtr facts_;    // null when no policy asks for any
  ScopesPtr scopes_;  // null when every policy is about everybody
  std::vector<Live> live_;
  Book book_;
  std::deque<Retired> retired_;  // longest out of use first
  // What programs counted whose claims were dropped: for members, and for all others together.
  std::map<Generation, PartCounts> past_;
  tl_counter gone_{};
  SchemaTable schemas_;
  std::map<uint32_t, Generation> owners_;  // by schema

  std::vector<Left> left_;
  Programs left_facts_;                  // go with the programs that ask them
  std::vector<uint32_t> left_counters_;  // not to be used again before the first change
  bool has_heirs_ = false;
  bool beside_ = false;
  std::function<void(Manifest)> write_manifest_;

  std::deque<Request> waiting_;
  Phase phase_ = Phase::kIdle;
  Clock::time_point until_{};  // kBefore, kBetween
  Clock::time_point since_{};  // kPreparing: the beginning; kBefore, kBetween: the end of that
  ChangeTimes times_;
  Request request_;                   // that is under way
  ChangeResult result_;               // of it
  std::vector<Live> leaving_;         // from the first store on
  std::vector<uint32_t> modes_;       // likewise: of members that left
  FactsPtr old_facts_;                // likewise
  ScopesPtr old_scopes_;              // likewise
  std::optional<Prepared> prepared_;  // written by the worker in kPreparing
  Worker worker_;                     // goes first
};

[[nodiscard]] tl_counter sum_of(const PartCounts& parts);
void add(tl_counter& sum, const tl_counter& counter);

}  // namespace tripline
