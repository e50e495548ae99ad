// SPDX-License-Identifier: Apache-2.0
// Agent: watches one machine. Owns the loaded programs, the active policy set and the process table, and turns the
// records of programs into Events, ordered so that a process starts before it does anything and does everything
// before it exits.
//
// It has no loop of its own: the caller waits (wait()) and calls round(), which delivers every event available by then
// and carries on with changes of the policies. Those are prepared by a thread of the agent's (set.h), so no round waits
// for one. One thread owns the agent; what others want of it they post().
//
// Nothing is lost silently: losses() reports what could not be written to a ring, judged or decoded.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/change.h"
#include "agent/figures.h"
#include "agent/left_behind.h"
#include "agent/network.h"
#include "agent/policy_folders.h"
#include "agent/policy_id.h"
#include "agent/set.h"
#include "agent/throttles.h"
#include "agent/waiting_events.h"
#include "agent/workloads.h"
#include "base/result.h"
#include "event/data.h"
#include "event/event.h"
#include "event/merge.h"
#include "event/policy_status.h"
#include "event/process.h"
#include "kernel/kernel.h"
#include "load/host.h"

namespace tripline {

// What of an agent's work is there without it.
struct Keeping {
  // In the BPF file system, and there; programs have names in it, so that they go on when the agent is killed. Empty: they
  // end with it.
  std::string folder;
  bool take_over = false;  // maps have names as well, and a manifest, by which the next agent takes over
  std::string left;        // the folder of the last agent; empty: there is none
  std::string version;     // of this one
  std::function<void(const Error&)> report = [](const Error&) {};
};

// Where in its folder an agent's names are; beside it is one folder for each policy.
[[nodiscard]] std::string base_folder(const std::string& folder);

struct AgentOptions {
  HostOptions host;  // `environment` and names are filled in by the agent
  Keeping keeping;
  // `wall_offset`, `host_ns` and `stacks` are filled in by the agent.
  ProcessOptions process;
  WaitOptions wait;  // for pods that are not known yet
  // The pod of a container, as far as anybody has told of it: for events that have waited in vain. May be null.
  ProcessTable::PodOf told_pod_of;
  std::string proc =
      "/proc";  // the proc file system of the host: that of a container has only its own processes
  bool stack_addresses = false;  // frames of stacks show their addresses
  bool network_actions = false;  // perform GetUrl and DnsLookup
  // Is there anyone to look at an event? Asked before each, which is not made when there is nobody. It is counted as
  // delivered.
  std::function<bool()> wanted = [] { return true; };
  // The same of an event of a call whose processes, kind and policy are known, and nothing else yet. Null: there is.
  ProcessTable::Ask passes;
  bool latency = false;                    // measure how long records take to be handled
  AdmissionOptions admission;              // of documents that are added
  std::optional<CgroupHierarchy> cgroups;  // that containers are told apart by; absent: it is found out
  ProbeScope asked;                        // what the kernel it is started with was asked
  Steps steps;
};

// What became of a record of a policy. Programs count as posted what ends a call: the record of its return, or the only
// one there is. The entry of a call that is still to return is not counted, and one whose return never comes, or is not
// asked for, is no loss.
enum class Fate {
  kOpen,       // an entry
  kDelivered,  // it became an event
  kAlone,      // a return whose entry waited so long that it was let go (src/event/halves.h)
};
[[nodiscard]] Fate fate_of(const HookRecord& record, bool is_event);

// What one policy posted and what became of it. When a round has come after the last post, and nobody posts,
// posted = delivered + alone and lost is what is missing from what matched.
struct PolicyLosses {
  PolicyId id;       // generation 0: all policies together that are in force no more
  PolicyPtr policy;  // then null
  tl_counter counter{};
  uint64_t delivered = 0;  // records that became events
  uint64_t alone = 0;      // Fate::kAlone
  uint64_t cut = 0;        // buffers that an event was to have all of, and has not
  // Calls whose return found no note of them, because newer ones had taken its place, at most: calls that never
  // returned are among them, when there were so many.
  uint64_t forgotten = 0;
};

// Calls that none of our programs saw, at most.
struct SkippedCalls {
  std::string function;
  uint64_t calls = 0;
};

struct Losses {
  uint64_t life_lost = 0;  // life-cycle records that did not fit
  uint64_t unjudged = 0;   // calls that were not judged: no free scratch slot, programs nested too deeply
  uint64_t unknown = 0;    // upper bound on processes that could not be tracked: the table is full
  uint64_t damaged = 0;    // records that could not be decoded
  uint64_t shortened = 0;  // images kept without all of their arguments or environment: there was no room
  std::vector<SkippedCalls> skipped;  // calls at which the kernel skipped the program; those with any
  std::vector<std::string> unloaded;  // functions whose module was unloaded: later calls were not seen
  std::vector<PolicyLosses> policies;
  NetworkCounts network;  // what came of GetUrl and DnsLookup

  // Is anything missing?
  [[nodiscard]] bool any() const;
};

struct TakenOver {
  std::string version;  // of the last agent; empty: nothing was taken over
  size_t hooks = 0;
  std::string refusal;  // why not, where there is something
};

class Agent {
 public:
  using Sink = std::function<void(const Event&)>;
  using Clock = std::chrono::steady_clock;
  static constexpr Clock::duration kRest = std::chrono::milliseconds(10);

  // Starts to watch processes: the life-cycle programs first, then the scan of /proc, so that none is missed between
  // them. The processes found go to `sink` as exec events, like all events from then on.
  static Result<std::unique_ptr<Agent>> start(std::shared_ptr<const Kernel> kernel, AgentOptions options,
                                              Sink sink);

  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // Asks for a change, which waits for those asked for before. A later round tells `done` what came of it.
  void request(Change change, PolicySet::Done done) { set_.request(std::move(change), std::move(done)); }
  // The same, with rounds until it is in force and what it replaced is gone. Like all that makes rounds, not from within
  // the sink, `done` or what was posted.
  ChangeResult perform(Change change);
  // Makes `policies` the set in force: all of them, or nothing changes.
  Result<void> replace(const std::vector<PolicyPtr>& policies);
  // Puts `policies` on top of the set in force, all or none. One with the namespace and name of one in force is
  // refused.
  Result<void> add(std::span<const PolicyPtr> policies);
  // Takes a policy out of the set; false when it was not there.
  Result<bool> remove(std::string_view policy_namespace, std::string_view name);
  // From the next call on; nothing is compiled, and the counts go on.
  Result<void> set_enforces(const PolicyName& name, bool enforces) {
    return set_.set_enforces(name, enforces);
  }
  // What of the last agent goes on, and ends in the step that brings the first change into force.
  [[nodiscard]] const TakenOver& taken_over() const { return taken_over_; }
  // Is a change under way, or what it replaced not gone yet?
  [[nodiscard]] bool changes() const { return set_.busy(); }
  // How many policies have counts of the last agent.
  [[nodiscard]] size_t heirs() const { return set_.inherited().size(); }
  // Links of programs that have no names, though they should: they end with this process.
  [[nodiscard]] size_t unpinned() const { return set_.unpinned(); }
  // In place of end(): programs with names, also those of the last agent, go on when this agent is gone.
  void leave();

  // From any thread: the next round calls `command` with this agent.
  void post(std::function<void(Agent&)> command);

  // No policy will come or go any more: adding and removing fails from here on, and the types of the kernel, the
  // largest thing we hold, are forgotten. Changes that were asked for are carried out before.
  void settle();
  // Nothing is judged from here on: what was posted is all there will be, and rounds deliver what is left of it.
  void end();
  [[nodiscard]] const std::vector<Member>& policies() const { return set_.members(); }

  // Waits until there is something to read, `others` (poll's events POLLIN) are readable or the time is over.
  // Returns the first readable one of `others`, or nothing. Does not look for something to read before kRest after the
  // last round: what comes in crowds is read in crowds, and programs that write to a ring nobody has emptied need not
  // wake us.
  std::optional<int> wait(std::chrono::milliseconds time, std::span<const int> others = {});
  // Hands the events that there are to the sink. Returns the number of records read. Life-cycle records that were
  // written while it ran can wait for the next round, so whoever must have all that happened calls it twice.
  size_t round();

  // The images that the process table keeps.
  [[nodiscard]] std::vector<CachedProcess> cached() { return table_.cached(); }

  // `pod_of` of the options answers more than before.
  void pods_changed() { has_news_of_pods_ = true; }

  // Which containers run, so that policies apply to those they are about. Any thread may use it.
  [[nodiscard]] Workloads& workloads() { return workloads_; }
  [[nodiscard]] const Workloads& workloads() const { return workloads_; }

  void mark_root(uint32_t tgid) { table_.mark_root(tgid); }

  [[nodiscard]] Result<Losses> losses() const;
  [[nodiscard]] Result<AgentFigures> figures() const;
  // Of each policy of the set, in their order.
  [[nodiscard]] Result<std::vector<PolicyStatus>> status() const;
  // What was counted for one policy, of the set in force or just taken out of it.
  [[nodiscard]] Result<tl_counter> counts(const PolicyId& policy) const {
    return set_.counts(policy.generation);
  }

 private:
  // What became of records of a policy.
  struct Tally {
    uint64_t delivered = 0;
    uint64_t alone = 0;
    uint64_t cut = 0;
  };

  Agent(std::shared_ptr<const Kernel> kernel, Host host, AgentOptions options, Sink sink);
  void take_over(const Manifest& left);
  void pump();
  void carry_out_posted();
  void forget_gone();
  Tally& tally_of(uint32_t schema);
  void count(const HookRecord& record, bool delivered);
  void end_throttles();
  void make_room();
  [[nodiscard]] Result<std::vector<MissedNotices>> missed_notices() const;
  [[nodiscard]] Result<void> find_forgotten(std::vector<PolicyLosses>& losses) const;
  void deliver(std::span<const std::byte> bytes);
  void handle(Record& record);
  void deliver(const Record& record);
  void send(Event& event);

  std::shared_ptr<const Kernel> kernel_;
  Host host_;
  Workloads workloads_;
  PolicySet set_;
  ProcessTable table_;
  PendingData data_;
  Throttles throttles_;
  Clock::time_point throttles_looked_at_{};
  RecordMerge merge_;
  Event event_;  // the one that is delivered
  Sink sink_;
  WaitingEvents waiting_;
  bool has_news_of_pods_ = false;
  std::function<bool()> wanted_;
  ProcessTable::Ask passes_;
  uint64_t damaged_ = 0;
  RecordCounts records_;
  bool latency_;
  size_t image_capacity_;
  uint64_t life_peak_ = 0;               // bytes that were in a ring when it was read
  uint64_t events_peak_ = 0;             // likewise
  Clock::time_point rested_{};           // when the rest after the last round is over
  std::map<Generation, Tally> tallies_;  // of policies of the set
  Tally gone_;                           // of all others
  bool makes_room_ = false;
  Clock::time_point room_made_ = Clock::time_point::min();  // when that was tried last
  uint64_t seen_changes_ = 0;                               // of the set, when the two were last put in order
  Keeping keeping_;
  PolicyFolders folders_;
  TakenOver taken_over_;
  std::mutex posting_;
  std::vector<std::function<void(Agent&)>> posted_;
  std::unique_ptr<NetworkActions> network_;  // null: what asks for it does nothing
};

}  // namespace tripline
