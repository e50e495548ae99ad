// SPDX-License-Identifier: Apache-2.0
// ScopeMaps: the maps in which programs look up who called them (bpf/abi/scope.h): the container of each cgroup, and
// a row of bits for each container. The agent writes cells and rows in memory that it shares with the kernel.
//
// They have one writer in user space at a time; the programs that follow cgroups write beside it. Rows and cells that were
// given up can be taken at once, but a container's number must rest until no program can be about to look its row up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "abi/scope.h"
#include "base/fd.h"
#include "base/result.h"

namespace tripline {

struct ScopeSizes {
  uint32_t cell_bits = 13;     // the array has 2 to the power of that many cells
  uint32_t more = 2048;        // cgroups that have no cell
  uint32_t containers = 2048;  // numbers, that of the host included
  uint32_t words = 1;          // of a row
  bool operator==(const ScopeSizes&) const = default;
  [[nodiscard]] uint32_t shift() const { return 64 - cell_bits; }
};

class ScopeMaps {
 public:
  static Result<ScopeMaps> make(const ScopeSizes& sizes);

  [[nodiscard]] const ScopeSizes& sizes() const { return sizes_; }
  // The map that programs know by this name; a negative number: none.
  [[nodiscard]] int map(std::string_view name) const;

  void set_row(uint32_t container, std::span<const uint64_t> words);
  // From now on the cgroup is the container's. Fails when there is no room.
  Result<void> put(uint64_t cgroup, uint32_t container);
  // It is the host's again.
  void drop(uint64_t cgroup);
  // Those that only the kernel knows of, with their containers.
  [[nodiscard]] std::vector<std::pair<uint64_t, uint32_t>> followed() const;
  [[nodiscard]] tl_scope_count count() const;
  // What programs find: the container of a cgroup, and a word of its row.
  [[nodiscard]] uint32_t container_of(uint64_t cgroup) const;
  [[nodiscard]] uint64_t word(uint32_t container, uint32_t word) const;

 private:
  struct Unmap {
    Unmap() : size(0) {}
    explicit Unmap(size_t bytes) : size(bytes) {}
    size_t size;
    void operator()(void* memory) const;
  };
  using Memory = std::unique_ptr<void, Unmap>;
  struct Map {
    Fd fd;
    Memory memory;
  };

  static Result<Map> make_array(const char* name, uint32_t value_size, uint32_t entries);
  [[nodiscard]] tl_cell& cell_of(uint64_t cgroup) const;
  void count_more(tl_cell& cell, uint32_t by) const;

  ScopeSizes sizes_;
  Map cells_;
  Map rows_;
  Map count_;
  Fd more_;
};

}  // namespace tripline
