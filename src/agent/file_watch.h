// SPDX-License-Identifier: Apache-2.0
// FileWatch: notices that a hooked file was replaced, and that no process runs an old one any more. It polls for
// both on a thread of its own; a change that is undone between two polls is not seen, and does not matter.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "agent/change.h"

namespace tripline {

// What a policy hooks.
struct WatchedPolicy {
  PolicyName name;
  std::vector<HookedFile> files;
};

// Compares files with what is at their paths; without a thread. Each new file is told of once, and again when it is
// written to: a copy may be looked at when it is half there.
class FileComparison {
 public:
  // Does somebody run a file? The other one is what is at its path now.
  using IsRun = std::function<bool(const HookedFile& file, const HookedFile& now)>;

  // `ask`: shall files that were replaced be asked about?
  [[nodiscard]] std::vector<Renewal> compare(const std::vector<WatchedPolicy>& policies, bool ask,
                                             const IsRun& is_run);

 private:
  using State =
      std::tuple<uint64_t, uint64_t, int64_t, int64_t>;       // device, inode, size, time of the last change
  std::map<std::pair<PolicyName, std::string>, State> told_;  // by path
};

class FileWatch {
 public:
  static constexpr std::chrono::seconds kPause{2};
  static constexpr std::chrono::seconds kAsk{30};  // reading the maps of all processes takes a while

  // `tell` is called from the thread. It must outlive this.
  using Tell = std::function<void(std::vector<Renewal>)>;
  explicit FileWatch(Tell tell, std::string proc = "/proc")
      : tell_(std::move(tell)), proc_(std::move(proc)) {}
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  // Is it time for that?
  [[nodiscard]] bool due(std::chrono::steady_clock::time_point now) const { return now - looked_ >= kPause; }
  // Looks at the files of `policies`, and returns at once. There is no thread before there is a file.
  void look(std::vector<WatchedPolicy> policies, std::chrono::steady_clock::time_point now);

 private:
  void watch(const std::stop_token& stop);

  const Tell tell_;
  std::string proc_;
  std::chrono::steady_clock::time_point looked_{};
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::optional<std::vector<WatchedPolicy>> wanted_;
  std::jthread thread_;  // last: it uses the others
};

// Does a process map `file`, or another one than `now` that has its path?
[[nodiscard]] bool is_mapped(const HookedFile& file, const HookedFile& now,
                             const std::string& proc = "/proc");

}  // namespace tripline
