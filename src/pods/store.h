// SPDX-License-Identifier: Apache-2.0
// PodStore: the pods of this node, by uid and by the ids of their containers. Pods are reported by the API server;
// containers also by the hook of their runtime, before they are in the pod's status. Both are joined here, and so
// are the two uids of a static pod: its own, which its runtime uses, and that of the mirror pod in the API server.
//
// A container counts as running from when it is reported until it is reported as ended, another has taken its place,
// or its pod is gone. A status that does not yet show it running changes nothing.
//
// A container is of one pod. Where two pods claim the same id, it stays with that which had it first, unless a runtime's
// hook says otherwise.
//
// Containers that are gone are remembered for a while, for events of them that come late.
//
// Not for several threads at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pods/pod.h"
#include "pods/pod_view.h"

namespace tripline {

using PodPtr = std::shared_ptr<const Pod>;

struct PodStoreOptions {
  bool annotations = false;  // events show them
  size_t gone = 1024;        // containers that are remembered when they are gone
  size_t strangers = 256;    // pods of which only hooks have told
};

// The uid that the names of a pod's cgroups have: its own or, of a static pod, that by which its runtime knows it.
[[nodiscard]] std::string directory_uid(const Pod& pod);

// A container that runs.
struct Resident {
  PodPtr pod;
  Container container;
};

// What a step changed.
struct PodChange {
  std::vector<Resident> residents;  // all that run of the pod, which may have changed
  std::vector<std::string> gone;    // ids of containers that ran until now
};

struct PodStoreCounts {
  uint64_t found = 0;
  uint64_t not_found = 0;
  uint64_t found_gone = 0;  // of `found`, containers that are gone
  uint64_t forgotten = 0;   // containers that are gone, for want of room
  uint64_t clashes = 0;     // claims of a container that is another pod's
};

class PodStore {
 public:
  explicit PodStore(PodStoreOptions options) : options_(options) {}

  // A pod that is new, or as it is now.
  PodChange put(Pod pod);
  PodChange remove(std::string_view uid);
  // A container that is about to start. `pod` has what the hook knows of its pod, and is forgotten as soon as the API
  // server tells of that.
  PodChange announce(Pod pod, Container container);
  // The container has ended, whatever its pod's status says.
  PodChange end(std::string_view container_id);

  // The container whose id begins with `id`; null when there is none, or its pod was not told of yet.
  [[nodiscard]] PodViewPtr find(std::string_view id);
  // The same, also when only a hook has told of it.
  [[nodiscard]] PodViewPtr find_announced(std::string_view id) const;
  // By its uid or, a static one, by that of its directory.
  [[nodiscard]] PodPtr pod(std::string_view uid) const;
  // All pods, with containers that no status has yet as running ones.
  [[nodiscard]] std::vector<Pod> pods() const;
  // All that run.
  [[nodiscard]] std::vector<Resident> residents() const;

  [[nodiscard]] size_t size() const { return pods_.size(); }
  [[nodiscard]] const PodStoreCounts& counts() const { return counts_; }

 private:
  struct Known {
    PodPtr pod;
    bool is_told = false;                     // by the API server
    std::vector<Container> announced;         // that no status has yet
    std::map<std::string, Container> runs;    // by id
    std::map<std::string, PodViewPtr> views;  // of all its containers, by id
    uint64_t age = 0;                         // of one that is not told
  };
  // A container of a pod.
  struct Indexed {
    const Known* known;
    std::string_view id;
    PodViewPtr view;
  };
  struct Gone {
    std::string id;
    PodViewPtr view;
  };
  using Pods = std::map<std::string, Known, std::less<>>;

  Pods::iterator find_pod(std::string_view uid);
  [[nodiscard]] bool is_of_another(const std::string& id, const std::string& uid) const;
  void take_from_owner(const std::string& id, const std::string& uid);
  PodChange settle(Known& known, std::vector<std::string> gone);
  void index(Known& known);
  void drop_index(const Known& known);
  void remember(std::string id, PodViewPtr view);
  [[nodiscard]] PodViewPtr look_up(std::string_view id, bool announced) const;
  void forget_stranger(PodChange& change);

  PodStoreOptions options_;
  Pods pods_;                                                // by uid
  std::map<std::string, std::string, std::less<>> mirrors_;  // uid of the directory -> uid
  std::unordered_map<std::string, std::string> owners_;      // of containers that run: id -> uid
  std::unordered_multimap<std::string, Indexed> by_start_;   // by the first characters of the id
  std::list<Gone> gone_;                                     // oldest use first
  std::unordered_multimap<std::string, std::list<Gone>::iterator> gone_by_start_;
  uint64_t strangers_ = 0;
  uint64_t age_ = 0;
  PodStoreCounts counts_;
};

}  // namespace tripline
