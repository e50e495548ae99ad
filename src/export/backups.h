// SPDX-License-Identifier: Apache-2.0
// The earlier exported files: `events-2026-01-31T12-00-00.000.log` for events.log, in the same folder, with the
// suffix `.gz` if compressed. Their names give their order: setting the clock back does not make a younger file look
// older.
//
// A thread deletes the oldest beyond the limit and compresses the others; rotation does not wait for it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tripline {

struct Backup {
  std::string path;   // without `.gz`
  std::string stamp;  // the time in its name
  bool plain = false;
  bool compressed = false;
};

// All that are there, the youngest first.
[[nodiscard]] std::vector<Backup> list_backups(const std::string& path);

// What the file `path` is to be called from now on, which is `now` (ns since 1970): younger than all that are there.
[[nodiscard]] std::string next_backup(const std::string& path, int64_t now);

// Renames a file, but never to a name that is taken.
[[nodiscard]] Result<void> rename_anew(const std::string& from, const std::string& to);

class BackupKeeper {
 public:
  BackupKeeper(std::string path, bool compress);
  ~BackupKeeper();  // what is being compressed is left as it was
  BackupKeeper(const BackupKeeper&) = delete;
  BackupKeeper& operator=(const BackupKeeper&) = delete;

  // Removes all but the `keep` youngest, and compresses those; less than 1: all are kept. Returns at once.
  void tidy(int64_t keep);
  // Has everything been done that was asked for?
  [[nodiscard]] bool idle() const;
  // What went wrong last; empty: nothing. Asked for once.
  [[nodiscard]] std::string take_problem();

 private:
  struct Work;
  std::shared_ptr<Work> work_;
};

}  // namespace tripline
