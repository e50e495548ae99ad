// SPDX-License-Identifier: Apache-2.0
// Keeper: maintains a PodInfo for each pod that has an address. It creates and repairs them; deletion is left to the
// owner reference, since Kubernetes deletes the objects that a deleted pod owned.
//
// Both kinds are watched on threads of their own, which only note what must be checked; one thread writes. Failed
// writes are retried after an increasing delay, and so are conflicts with other writers.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "kube/access.h"
#include "kube/client.h"
#include "kube/reflector.h"
#include "operator/pod_info.h"
#include "operator/say.h"

namespace tripline::op {

class Keeper {
 public:
  Keeper(kube::Access access, std::shared_ptr<const kube::Stop> stop, Say say);

  // Until its Stop is set.
  void run();

  struct Counts {
    uint64_t written = 0;
    uint64_t failed = 0;
    size_t waiting = 0;
  };
  [[nodiscard]] Counts counts() const;

 private:
  struct Existing {
    PodInfo info;
    std::string version;
  };
  // What both threads know of one name.
  struct Look {
    std::optional<PodInfo> wanted;
    std::optional<Existing> existing;
  };

  void follow(bool pods);
  void note(const kube::ObjectKey& key);
  void synced();
  std::optional<std::pair<kube::ObjectKey, Look>> next();
  bool write(const kube::ObjectKey& key, const Look& look);

  kube::Access access_;
  std::shared_ptr<const kube::Stop> stop_;
  kube::Client client_;  // that writes
  Say say_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<kube::ObjectKey, Look> looks_;
  std::set<kube::ObjectKey> queue_;
  int synced_ = 0;  // kinds whose first list is complete
  Counts counts_;
};

}  // namespace tripline::op
