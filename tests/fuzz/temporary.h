// SPDX-License-Identifier: Apache-2.0
// Files and folders for code that reads its input from paths. They are in memory.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "fuzz/input.h"

namespace tripline::fuzz {

// Gone when the fuzzer ends, however it does.
class MemoryFile {
 public:
  MemoryFile() : fd_(memfd_create("fuzz", MFD_CLOEXEC)) { require(static_cast<bool>(fd_)); }

  void put(std::string_view text) const {
    require(ftruncate(fd_.get(), 0) == 0);
    require(pwrite(fd_.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  }
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_.get()); }

 private:
  Fd fd_;
};

class Folder {
 public:
  Folder() {
    std::string name = "/dev/shm/tripline-fuzz-XXXXXX";
    require(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  void put(const std::string& name, std::string_view text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
  }
  [[nodiscard]] std::string path(const std::string& name = {}) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace tripline::fuzz
