// SPDX-License-Identifier: Apache-2.0
// What we change on this machine: the maps that all programs share, the life-cycle programs, and whatever hook
// programs are loaded on top. Everything is held by file descriptors of this process and disappears with it, but for
// what HostOptions::pins asks to keep. Maps that only programs write are frozen, as far
// as the kernel freezes them.
//
// One thread loads programs, another one may do all the rest meanwhile: move the epoch, read rings and counters.
//
// A hook program is loaded with a slot and the first epoch in which it is live (abi/maps.h). It is attached inert;
// set_epoch() makes a whole set live and the set that died with the last epoch inert, in one store.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "abi/maps.h"
#include "base/fd.h"
#include "base/result.h"
#include "kernel/kernel.h"
#include "load/programs.h"
#include "load/ring.h"
#include "load/scope_maps.h"
#include "object/object.h"

namespace tripline {

struct HostOptions {
  uint32_t events = 4 << 20;  // bytes of the ring of policy events; rounded up to a power of two of pages
  uint32_t life = 4 << 20;    // bytes of the ring of life-cycle records
  uint32_t counters = 4096;   // selectors of all policies at once
  bool changed_privileges = true;      // exec records say which credentials the file changed
  bool environment = false;            // exec records have the environment
  std::optional<uint32_t> controller;  // of cgroup v1, whose cgroups are told: its place in /proc/cgroups
  uint64_t cgroup_events = 0;    // most forks and execs of a cgroup on one CPU in an interval; 0: any number
  uint64_t cgroup_interval = 0;  // ns
  std::string
      pins;  // the folder in the BPF file system where hook programs have names; empty: they have none
  bool pin_maps = false;  // there, too: the maps by which another agent can take over
};

// Maps of another agent, which its programs go on to use beside ours.
using FoundMaps = std::map<std::string, Fd, std::less<>>;

// What is known of processes (abi/facts.h).
struct FactMaps {
  Fd facts;
  Fd more;
};

// Maps that only programs of some policies read, and that are not the same all the time.
struct SetMaps {
  const FactMaps* facts = nullptr;    // null: its programs ask nothing of the process
  const ScopeMaps* scopes = nullptr;  // null: nor whom they are called by
};

class Host {
 public:
  static constexpr uint32_t kAlive = 0xffffffff;  // died[] of a program that is to stay

  // Makes the shared maps. The first thing that needs privileges.
  static Result<Host> open(const Kernel& kernel, const HostOptions& options, FoundMaps found = {});

  // Those maps of `folder` that another agent can take over by; fails when they are not the ones that this version would
  // make with these options.
  static Result<FoundMaps> find_maps(const std::string& folder, const HostOptions& options);

  [[nodiscard]] static Result<uint32_t> epoch_of(const FoundMaps& found);

  // Another description of the same kernel; it must outlive the host.
  void use(const Kernel& kernel) { kernel_ = &kernel; }

  // Loads the life-cycle programs.
  Result<void> load_life();
  // Attaches them: from here on no process goes unseen.
  Result<void> start_life();

  // Loads the programs of `object`; they do nothing before attach() and the epoch they were born in. Those that ask
  // for what is known of processes, or of containers, read it in `maps`.
  Result<Programs> load(const Object& object, const SetMaps& maps = {});

  // Maps for entries of that many bytes.
  [[nodiscard]] Result<FactMaps> make_fact_maps(uint32_t entry_size) const;
  // Loads the programs that keep those entries.
  Result<Programs> load_facts(const Object& object, const FactMaps& facts);
  // Loads the programs that follow the cgroups which are made inside known ones.
  Result<Programs> load_followers(const ScopeMaps& scopes, uint32_t hierarchy);
  // How many of the programs that keep entries must be attached so that no change of a process is missed.
  [[nodiscard]] uint32_t fact_copies() const;

  [[nodiscard]] uint32_t epoch() const;
  void set_epoch(uint32_t epoch);
  // The first epoch in which the program of `slot` is inert again; kAlive when there is none yet.
  void set_died(uint32_t slot, uint32_t epoch);
  [[nodiscard]] uint32_t died(uint32_t slot) const;

  // Is what the policy at `place` asks to enforce performed? Else it is only counted.
  [[nodiscard]] bool enforces(uint32_t place) const;
  void set_enforces(uint32_t place, bool enforces);

  [[nodiscard]] Ring& life() { return *life_; }
  [[nodiscard]] Ring& events() { return *events_; }
  [[nodiscard]] const Ring& life() const { return *life_; }
  [[nodiscard]] const Ring& events() const { return *events_; }

  // Sums over all CPUs.
  [[nodiscard]] Result<tl_counter> counter(uint32_t index) const;
  [[nodiscard]] Result<tl_life_counter> life_counter() const;
  // The same at most, of all pairs, with one look.
  [[nodiscard]] uint32_t noted_calls() const;
  // Time of the last fork or exec of that cgroup that was too many, on any CPU; 0: none that is known.
  [[nodiscard]] uint64_t cgroup_over(uint64_t cgroup) const;
  // Of notices of enforcers that none took; in no order.
  struct MissedNotices {
    tl_missed_key key{};
    uint64_t count = 0;
  };
  [[nodiscard]] Result<std::vector<MissedNotices>> missed_notices() const;
  // How many calls that have begun wait for their return, by the number of their pair.
  [[nodiscard]] Result<std::map<uint32_t, uint64_t>> open_calls() const;
  // Starts selector counter `index` anew, for a new user.
  Result<void> reset_counter(uint32_t index);

  [[nodiscard]] Result<std::vector<ProgramFacts>> life_facts() const;
  [[nodiscard]] const HostOptions& options() const { return options_; }

 private:
  struct Unmap {
    void operator()(tl_control* control) const;
  };

  Host(const Kernel& kernel, const HostOptions& options);
  Result<Programs> load_object(const Object& object, const SetMaps& maps);
  [[nodiscard]] std::string next_pins();
  // The shared map of that name, made when first asked for; a negative number when maps of that name are not shared.
  Result<int> shared_map(std::string_view name);
  // The same when it was made; a negative number when it was not.
  [[nodiscard]] int made_map(std::string_view name) const;

  // Maps are made by the thread that loads, and read by the others.
  struct Maps {
    std::mutex mutex;
    std::map<std::string, Fd, std::less<>> by_name;
  };

  const Kernel* kernel_;
  HostOptions options_;
  uint32_t cpus_ = 1;
  uint64_t began_ = 0;   // in names of pins: no two agents have the same
  uint32_t pinned_ = 0;  // objects that have names
  std::unique_ptr<Maps> maps_ = std::make_unique<Maps>();
  std::unique_ptr<tl_control, Unmap> control_;
  std::optional<Ring> life_;
  std::optional<Ring> events_;
  std::optional<Programs> life_programs_;
};

}  // namespace tripline
