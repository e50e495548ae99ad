// SPDX-License-Identifier: Apache-2.0
// NodePods: the pods of this node, for showing them in events and for policies with a scope. It takes what the API
// server and runtime hooks report, looks up the cgroups of running containers, and passes both on to Workloads.
//
// Cgroups are looked up on a thread of its own, since reading the directories of a large node takes milliseconds.
// One that is not found is looked up again, after a second and then after twice as long each time. A container whose
// cgroup is gone has ended, whatever its pod's status says.
//
// What a hook tells is answered when the container's cgroups are known to every policy in force, so its first process is
// judged as it should be. Labels are told by the API server alone: where that is followed, the answer waits a moment for a
// pod that it has not told of yet.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "pods/cgroups.h"
#include "pods/store.h"

namespace tripline {

class Agent;

struct NodePodsOptions {
  PodStoreOptions store;
  bool is_followed = true;                      // the API server tells of pods
  std::chrono::milliseconds first_pause{1000};  // before a cgroup is looked for again
  std::chrono::milliseconds longest_pause{60'000};
  std::chrono::milliseconds look_again{10'000};  // at those that were found: are they still there?
  std::chrono::milliseconds patience{2000};      // of an answer that waits for the API server
};

// A container that a runtime is about to start.
struct StartingContainer {
  Pod pod;  // as the runtime knows it; of a static pod, the uid of its directory
  Container container;
  std::string cgroup;  // below the root; empty: not said
};

// How often what was told changed something, as it is counted for others.
struct NodePodsCounts {
  uint64_t added = 0, updated = 0, removed = 0;  // pods, by the API server
  uint64_t announced = 0, refused = 0;           // containers, by hooks
  uint64_t without_name = 0, without_image = 0;  // of these
  uint64_t residents = 0, looked_for = 0;        // containers that run; whose cgroups were not found yet
};

class NodePods {
 public:
  using Answer = std::function<void(std::expected<void, std::string>)>;
  using Clock = std::chrono::steady_clock;

  // What is done with containers, from the thread that looks for cgroups or from the loop.
  struct Ends {
    std::function<void(const PodPtr&, const Container&, const std::vector<uint64_t>& cgroups)> put;
    std::function<void(const std::string& container_id)> remove;
    std::function<void(std::function<void()>)> post;  // to the loop
    std::function<void()> changed;                    // pods became known; on the loop
  };

  explicit NodePods(NodePodsOptions options);
  NodePods(const NodePods&) = delete;
  NodePods& operator=(const NodePods&) = delete;
  ~NodePods();

  // Begins to look for cgroups, below where their tree is mounted.
  void start(Ends ends, std::string cgroups);
  // Ends that; answers that wait are given.
  void stop();

  // All of these on the loop.
  [[nodiscard]] PodViewPtr find(std::string_view container) { return store_.find(container); }
  [[nodiscard]] PodViewPtr find_told(std::string_view container) const {
    return store_.find_announced(container);
  }
  void put(Pod pod);
  void remove(const std::string& uid);
  void announce(StartingContainer starting, Answer answer);
  // Pods that an earlier daemon was told of. They are as good as told until the API server tells of all there are
  // (synced()); those that it does not tell of go then.
  void restore(std::vector<Pod> pods);
  void synced();
  // Until every container's cgroup was looked for, found or not. False when it takes longer.
  bool wait_until_looked(std::chrono::milliseconds time);
  [[nodiscard]] const PodStore& store() const { return store_; }
  [[nodiscard]] NodePodsCounts counts() const;

 private:
  // A container that runs.
  struct Lodger {
    PodPtr pod;
    Container container;
    std::string cgroup;  // where it should be; empty: not said
    std::optional<ContainerCgroups> found;
    bool looked = false;    // it was looked for, at least once
    Clock::time_point due;  // when it is looked for, or looked at, next
    std::chrono::milliseconds pause{0};
    Answer answer;          // to whom told of it
    std::string waits_for;  // the uid of the pod that the answer waits for; empty: for the cgroup alone
    Clock::time_point patience_ends{};
  };

  void take_over(const PodChange& change, const std::string& cgroup = {});
  void work();
  void look_for(const std::string& id, std::unique_lock<std::mutex>& lock);
  void look_at(const std::string& id, std::unique_lock<std::mutex>& lock);
  void answer_if_done(Lodger& lodger, Clock::time_point now);
  [[nodiscard]] Clock::time_point next_due() const;

  const NodePodsOptions options_;
  Ends ends_;
  PodStore store_;  // of the loop
  NodePodsCounts counts_;
  std::set<std::string> restored_;  // uids that the API server has not told of yet
  std::string root_;                // of the tree of cgroups
  std::optional<Cgroups> finder_;   // of the thread
  mutable std::mutex mutex_;
  std::condition_variable bell_;
  std::condition_variable looked_bell_;
  std::map<std::string, Lodger, std::less<>> lodgers_;  // by id
  bool ends_soon_ = false;
  std::thread thread_;
};

}  // namespace tripline
