// SPDX-License-Identifier: Apache-2.0
// User names, from the host's /etc/passwd.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tripline {

// The text of /proc/self/cgroup; empty when it cannot be read.
[[nodiscard]] std::string read_own_cgroups();

// Whether a process with that text runs in a systemd service or in the slice of a user, and not in a container: the
// users it finds are then those of the host.
[[nodiscard]] bool is_of_host(std::string_view cgroups);

// Reads the file again when it has changed.
class UserNames {
 public:
  explicit UserNames(std::string path = "/etc/passwd") : path_(std::move(path)) {}
  // Valid UTF-8; none when the file has no such user, or cannot be read.
  [[nodiscard]] std::optional<std::string> find(uint32_t uid);

 private:
  void read_again();

  std::string path_;
  struct stat read_{};  // when it was read
  std::unordered_map<uint32_t, std::string> names_;
};

}  // namespace tripline
