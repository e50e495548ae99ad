// SPDX-License-Identifier: Apache-2.0
// PolicyStore: the folder with the policies that survive a restart, one file for each (policy_record.h).
//
// A file is written under a temporary name and then renamed, and both it and the folder are on disk before put()
// returns: after a power failure either the old or the new record is there. Names that would lead out of the folder
// are refused. Files that are not records are left alone, except temporary files of an interrupted writer.
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "agent/policy_id.h"
#include "agent/policy_record.h"
#include "base/fd.h"
#include "base/log_line.h"
#include "base/result.h"

namespace tripline {

class PolicyStore {
 public:
  // The calls that can fail half-way; tests put others in their place.
  struct Calls {
    std::function<ssize_t(int fd, const void* bytes, size_t size)> write;
    std::function<int(int fd)> sync;
    Calls();
  };
  using Stored = std::pair<PolicyName, PolicyRecord>;
  struct Contents {
    std::vector<Stored> policies;     // in the order of the files' names
    std::vector<LogLine> strangers;   // what is not a record by its name or kind
    std::vector<std::string> broken;  // why records cannot be used; for people
  };

  // Makes the folder, with those above it, if it is not there.
  static Result<PolicyStore> open(std::string folder, Calls calls = {});

  [[nodiscard]] Result<Contents> read() const;
  [[nodiscard]] Result<void> put(const PolicyName& name, const PolicyRecord& record) const;
  // It need not be there.
  [[nodiscard]] Result<void> remove(const PolicyName& name) const;
  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  PolicyStore(std::string folder, Fd fd, Calls calls)
      : folder_(std::move(folder)), fd_(std::move(fd)), calls_(std::move(calls)) {}
  [[nodiscard]] Result<void> sync_folder() const;

  std::string folder_;
  Fd fd_;
  Calls calls_;
};

}  // namespace tripline
