// SPDX-License-Identifier: Apache-2.0
// The exported file. Lines are appended, many with one write, and the file never keeps a partial line: the
// rest of an interrupted write is removed, by us at once or, if we were killed, by whoever opens the file
// next.
//
// The file is looked up by name before each write: if it was removed, moved or replaced, the file that now has the
// name is used, or a new one. While no file can be written, lines are lost and counted.
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"
#include "export/backups.h"
#include "export/rotation.h"
#include "export/written.h"

namespace tripline {

struct FileOptions {
  std::string path;
  uint32_t mode = 0600;  // of files that are made; one that is there keeps its own
  bool compress = false;
  Rotation rotation;
};

class FileTarget {
 public:
  using Clock =
      std::chrono::steady_clock;  // of the interval: no step of the time of day makes it longer or shorter

  explicit FileTarget(FileOptions options);

  // Opens the file, and makes it and its folder when they are not there. Without it the first write does.
  Result<void> open();
  // So that the next `size` bytes are written to one file. True when that is not the one that was written last.
  Result<bool> prepare(size_t size);
  // Whole lines. A line longer than a file may be has a file to itself.
  Written write(std::string_view lines);
  // The file with the name may be another one.
  void reopen() { file_.reset(); }
  void set_rotation(const Rotation& rotation);
  // When the file is to give way for its age; max() for never.
  [[nodiscard]] Clock::time_point due() const { return due_; }
  // Makes the file a backup and begins a new one. Without room for a new one, the old one goes on.
  Result<void> rotate();
  [[nodiscard]] const BackupKeeper& backups() const { return backups_; }
  // What went wrong last with giving way or with a backup; empty: nothing. Asked for once.
  [[nodiscard]] std::string take_trouble();

 private:
  Result<void> give_way();
  Result<void> open_existing();
  void repair();
  // Is the open file the one with the name? Sets size_.
  bool is_current();
  void set_due();
  int put(std::string_view lines, Written& written);

  FileOptions options_;
  BackupKeeper backups_;
  Fd file_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  uint64_t size_ = 0;
  std::string trouble_;
  bool is_fresh_ = true;  // nothing was written since it was opened
  Clock::time_point due_ = Clock::time_point::max();
};

}  // namespace tripline
