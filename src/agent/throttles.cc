// SPDX-License-Identifier: Apache-2.0
#include "agent/throttles.h"

#include <utility>

#include "abi/maps.h"

namespace tripline {

bool Throttles::begin(uint64_t cgroup, std::string name) {
  return names_.emplace(cgroup, std::move(name)).second;
}

std::vector<std::string> Throttles::end(uint64_t now, const std::function<uint64_t(uint64_t cgroup)>& over) {
  constexpr uint64_t kRest = TL_THROTTLE_REST * 1'000'000'000ULL;
  std::vector<std::string> out;
  for (auto at = names_.begin(); at != names_.end();) {
    if (over(at->first) + kRest > now) {
      ++at;
      continue;
    }
    out.push_back(std::move(at->second));
    at = names_.erase(at);
  }
  return out;
}

}  // namespace tripline
