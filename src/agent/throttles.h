// SPDX-License-Identifier: Apache-2.0
// The cgroups whose processes are not reported for a while (abi/maps.h). Each CPU detects on its own that a cgroup
// has too many; here that is one start, and the end is when no CPU has detected it for TL_THROTTLE_REST seconds.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace tripline {

class Throttles {
 public:
  // A CPU has found that the cgroup has too many. False when that was known.
  bool begin(uint64_t cgroup, std::string name);
  // Is there any?
  [[nodiscard]] bool any() const { return !names_.empty(); }
  // Takes out those that have ended by `now` (ns, CLOCK_MONOTONIC), and returns their names. `over`: when a cgroup last had
  // one too many.
  [[nodiscard]] std::vector<std::string> end(uint64_t now,
                                             const std::function<uint64_t(uint64_t cgroup)>& over);

 private:
  std::map<uint64_t, std::string> names_;  // by id
};

}  // namespace tripline
