// SPDX-License-Identifier: Apache-2.0
// Names in the BPF file system. A pinned object outlives the process that made it, even if that was killed. Names
// have no dots: the kernel refuses them.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace tripline {

// Names that are ours: removed when this value goes, unless they were let go before.
class Pins {
 public:
  Pins() = default;
  Pins(Pins&& other) noexcept : paths_(std::exchange(other.paths_, {})) {}
  Pins& operator=(Pins&& other) noexcept {
    std::swap(paths_, other.paths_);
    return *this;
  }
  Pins(const Pins&) = delete;
  Pins& operator=(const Pins&) = delete;
  ~Pins();

  void own(std::string path) { paths_.push_back(std::move(path)); }
  // They stay.
  void let_go() { paths_.clear(); }
  [[nodiscard]] const std::vector<std::string>& paths() const { return paths_; }

 private:
  std::vector<std::string> paths_;
};

// Gives a program, link or map a name.
[[nodiscard]] Result<void> pin(int fd, const std::string& path);
[[nodiscard]] Result<Fd> open_pinned(const std::string& path);

// A map that holds these bytes and that nobody can write any more; and what is in such a map.
[[nodiscard]] Result<Fd> map_of_bytes(std::string_view name, std::span<const std::byte> bytes);
[[nodiscard]] Result<std::vector<std::byte>> bytes_of_map(const Fd& map);

}  // namespace tripline
