// SPDX-License-Identifier: Apache-2.0
// Workloads: which containers of which pods run here, and in which cgroups. For each scope that policies use, it
// keeps what the kernel needs to know about every container, so a pod that is added or changed needs no new
// programs. A process whose cgroup belongs to no container belongs to the host.
//
// Any thread may call it. When a call has returned, every policy in force applies as it says; a policy that is on its way
// (scopes_for()) is written before it comes into force.
//
// A cgroup that is made inside one that is known belongs to the same container, which the kernel sees to as long as any
// policy has a scope. To miss none that is made while they are looked for, put() the container's own cgroup first, then
// look for those inside it, and put() them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/scopes.h"
#include "base/result.h"
#include "kernel/cgroups.h"
#include "kernel/kernel.h"
#include "load/cgroups.h"
#include "load/host.h"
#include "pods/pod.h"
#include "pods/scope.h"

namespace tripline {

// Attached programs that do.
[[nodiscard]] Result<Programs> follow_cgroups(Host& host, const ScopeMaps& maps,
                                              const CgroupHierarchy& hierarchy);

class Workloads {
 public:
  using Clock = std::chrono::steady_clock;
  // How to find the cgroups inside another one.
  using Inside = std::function<std::vector<uint64_t>(const CgroupHierarchy&, uint64_t cgroup)>;
  // How to have the kernel follow cgroups that are made.
  using Follow = std::function<Result<Programs>(Host&, const ScopeMaps&, const CgroupHierarchy&)>;
  // A container's number is not used again for so long: a program can be about to look its row up.
  static constexpr Clock::duration kRest = std::chrono::seconds(1);

  explicit Workloads(CgroupHierarchy cgroups = {}, Inside inside = cgroups_inside,
                     Follow follow = follow_cgroups, Clock::duration rest = kRest)
      : cgroups_(std::move(cgroups)), inside_(std::move(inside)), follow_(std::move(follow)), rest_(rest) {}

  struct Listed {
    std::shared_ptr<const Pod> pod;
    Container container;
    std::vector<uint64_t> cgroups;  // sorted; not those that only the kernel knows of
  };

  // The container is there, or is now as it is said here; `cgroups` are added to those that it has. A cgroup that was
  // another container's is this one's from now on. Fails for a container without id; and where there is no room, which
  // the agent then makes: until it has, processes of some of its cgroups are taken for the host's.
  Result<void> put(std::shared_ptr<const Pod> pod, const Container& container,
                   std::span<const uint64_t> cgroups);
  // Its cgroups are the host's again. False when it was not known.
  bool remove(std::string_view container_id);
  // All containers of the pod are of this one from now on: its labels, for example, are others. How many there are.
  size_t change(const std::shared_ptr<const Pod>& pod);
  // In the order of their ids.
  [[nodiscard]] std::vector<Listed> list() const;
  [[nodiscard]] size_t size() const;
  [[nodiscard]] const CgroupHierarchy& cgroups() const { return cgroups_; }

  // --- for the set of policies

  // What covers `needs`: `current` itself, or its next version, or something new with more room; null when nothing is
  // needed. The kernel is told of all containers when it returns.
  Result<ScopesPtr> scopes_for(const ScopeNeeds& needs, const ScopesPtr& current, Host& host);
  // Is there so little room left that the set should be prepared anew, though no policy has changed?
  [[nodiscard]] bool wants_room() const;
  // Cgroups that were made inside known ones and are taken for the host's, because there was no room.
  [[nodiscard]] uint64_t lost() const;

 private:
  struct Entry {
    std::shared_ptr<const Pod> pod;
    Container container;
    std::vector<uint64_t> cgroups;
    uint32_t number = 0;
  };
  struct Resting {
    uint32_t number = 0;
    Clock::time_point since;
  };
  using Versions = std::vector<ScopesPtr>;

  [[nodiscard]] Versions versions() const;
  [[nodiscard]] ScopeSizes sizes_for(const ScopeNeeds& needs, const ScopesPtr& current) const;
  [[nodiscard]] bool is_tight(const ScopeMaps& maps) const;
  [[nodiscard]] uint32_t take_number();
  void rest_number(uint32_t number);
  void write_row(const Entry& entry);
  void write_row(uint32_t number, const std::function<bool(const Scope&)>& holds);
  void write_all(const ScopesPtr& version);
  Result<void> put_cgroup(Entry& entry, const std::string& id, uint64_t cgroup);
  void adopt_inside();
  Result<ScopesPtr> make(const ScopeNeeds& needs, const ScopesPtr& current, Host& host);

  CgroupHierarchy cgroups_;
  Inside inside_;
  Follow follow_;
  Clock::duration rest_;
  mutable std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::map<uint64_t, std::string> owners_;  // by cgroup
  uint32_t numbers_ = 1;                    // all below were handed out; 0 is the host
  std::vector<Resting> resting_;            // longest first
  std::vector<std::weak_ptr<const Scopes>> versions_;
};

}  // namespace tripline
