// SPDX-License-Identifier: Apache-2.0
// A pipe, a socket, a terminal or standard output as the target of an export. Nothing is rotated.
//
// A line that was begun is always completed before the next, however long that takes. A pipe that nobody reads
// blocks the caller, but only until `stop` is set; a pipe that nobody has open is retried with each write.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"
#include "export/written.h"

namespace tripline {

class StreamTarget {
 public:
  // "-": standard output.
  explicit StreamTarget(std::string path) : path_(std::move(path)) {}

  Result<void> open();
  // Opens it when it is not open. True when nothing was written since it was opened.
  Result<bool> prepare(size_t size);
  // Whole lines. Those that were not written when `stop` was set are lost.
  Written write(std::string_view lines, const std::atomic<bool>& stop);
  void reopen();

 private:
  // Writes `bytes` and takes away what was written; errno of the failure.
  int put(std::string_view& bytes, const std::atomic<bool>& stop);

  std::string path_;
  Fd file_;
  size_t piece_ = 0;  // most bytes of one write
  bool is_fresh_ = true;
  std::string begun_;  // the rest of a line whose start was written
};

}  // namespace tripline
