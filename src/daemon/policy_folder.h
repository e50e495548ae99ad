// SPDX-License-Identifier: Apache-2.0
// The watched folder of policies. Files added, changed and removed since the last time are one change of policies,
// found by comparing whole documents by the names of their policies: renaming or touching a file changes nothing.
//
// A refused change is dropped; the next event in the folder makes it again, with the files as they are then.
#pragma once

#include <chrono>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/policy_id.h"
#include "base/fd.h"
#include "base/result.h"
#include "base/source.h"

namespace tripline {

// Text of the document of each policy.
using KnownPolicies = std::map<PolicyName, std::string>;

struct FolderChange {
  std::vector<PolicyName> out;  // gone or changed
  std::vector<Source> in;       // new or changed
  KnownPolicies after;
};

// From `known` to `documents`. Fails when a document is no policy, or two have one name; the sentence says where.
[[nodiscard]] std::expected<FolderChange, std::string> folder_change(const KnownPolicies& known,
                                                                     std::vector<Source> documents,
                                                                     const std::string& domain);

// When the folder, or a folder in it, had an event, and whether it has been quiet since.
class FolderWatch {
 public:
  using Clock = std::chrono::steady_clock;
  // Files are written in pieces, and several belong together: an event is acted upon when none has come for so long,
  static constexpr Clock::duration kQuiet = std::chrono::milliseconds(200);
  // or at the latest so long after the first.
  static constexpr Clock::duration kLongest = std::chrono::seconds(2);

  // A folder that is not there is watched for by its parent. Fails when neither can be watched.
  static Result<FolderWatch> open(std::string folder);

  [[nodiscard]] int bell() const { return inotify_.get(); }  // readable when there are events
  // Takes the events there are.
  void hear(Clock::time_point now);
  // How long until due() can be true; absent: no event.
  [[nodiscard]] std::optional<Clock::duration> rest(Clock::time_point now) const;
  // Once for each quiet after events.
  [[nodiscard]] bool due(Clock::time_point now);

 private:
  FolderWatch(std::string folder, Fd inotify) : folder_(std::move(folder)), inotify_(std::move(inotify)) {}
  // Watches what is not watched yet; to watch a folder again changes nothing.
  Result<void> watch_all();

  std::string folder_;
  Fd inotify_;
  std::optional<Clock::time_point> first_;
  Clock::time_point last_{};
};

}  // namespace tripline
