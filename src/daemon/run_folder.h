// SPDX-License-Identifier: Apache-2.0
// The files by which clients find a daemon: its pid file, which keeps a second daemon out, and a file with what
// clients need to know. The pid file is removed with the daemon; the other stays, as its clients expect.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace tripline {

inline constexpr const char* kRunFolder = "/var/run/tetragon";

// Held while the daemon runs; a file that a dead one left is taken over.
class PidFile {
 public:
  static Result<PidFile> take(const std::string& folder);
  ~PidFile();
  PidFile(PidFile&& other) noexcept : path_(std::move(other.path_)), file_(std::move(other.file_)) {
    other.path_.clear();
  }
  PidFile& operator=(PidFile&&) = delete;

 private:
  PidFile(std::string path, Fd file) : path_(std::move(path)), file_(std::move(file)) {}
  std::string path_;
  Fd file_;  // locked: the lock is what counts, a pid may have been used again
};

struct DaemonFacts {
  std::string export_file;
  std::string lib_folder;
  std::string btf;
  std::string server_address;  // of its unix socket
  std::string metrics_address;
  std::string map_folder;
  pid_t pid = 0;
};

[[nodiscard]] std::string info_text(const DaemonFacts& facts);
[[nodiscard]] Result<void> write_info(const std::string& folder, const DaemonFacts& facts);

}  // namespace tripline
