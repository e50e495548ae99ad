// SPDX-License-Identifier: Apache-2.0
// A folder in which a test builds real ELF files with the machine's tools; it goes with the test.
#pragma once

#include <string>

namespace tripline {

class Workshop {
 public:
  Workshop();
  ~Workshop();
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  // The path of a file in it.
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  void write(const std::string& name, const std::string& text) const;
  // Runs a shell command there. False, and why on stderr, when it fails.
  [[nodiscard]] bool run(const std::string& command) const;
  [[nodiscard]] std::string read(const std::string& name) const;

 private:
  std::string folder_;
};

}  // namespace tripline
