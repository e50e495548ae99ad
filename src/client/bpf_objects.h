// SPDX-License-Identifier: Apache-2.0
// What the kernel says of its BPF programs and maps, and the entries of maps that are pinned. The kernel is asked
// directly: a client has loaded none of them. All of it needs privileges.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace tripline {

struct BpfProgram {
  uint32_t id = 0;
  std::string name;  // the whole name of its function where the kernel knows it, else 15 bytes of it
  std::string pin;   // where it is pinned, of those found that way
  uint64_t runs = 0;
  std::chrono::nanoseconds time{};  // of all runs; counted while somebody asks for it
  uint64_t missed = 0;              // calls for which it was not run
  std::vector<uint32_t> maps;       // their ids
};

struct BpfMap {
  uint32_t id = 0;
  std::string name;
  uint32_t type = 0, key_size = 0, value_size = 0, max_entries = 0;
  uint64_t memory = 0;  // bytes
};

[[nodiscard]] Result<std::vector<BpfProgram>> all_programs();
[[nodiscard]] Result<std::vector<BpfMap>> all_maps();

// What is pinned in a folder and below it. Objects that cannot be opened are passed over.
struct PinnedObjects {
  std::vector<BpfProgram> programs;
  std::vector<BpfMap> maps;
};
[[nodiscard]] Result<PinnedObjects> pinned_objects(const std::string& folder);

// The kernel counts runs and their time as long as this is open.
[[nodiscard]] Result<Fd> count_runs();

// "hash", "ringbuf"; the number of one that has no name here.
[[nodiscard]] std::string map_type_name(uint32_t type);

// A pinned map.
class BpfTable {
 public:
  static Result<BpfTable> open(const std::string& path);
  // That of an id, as maps of maps hold them.
  static Result<BpfTable> of_id(uint32_t id);

  [[nodiscard]] const BpfMap& info() const { return info_; }
  // Each entry: the bytes of its key and of its value. Of a map per CPU the value is that of all CPUs, each padded to 8
  // bytes.
  using Entry = std::pair<std::string, std::string>;
  [[nodiscard]] Result<std::vector<Entry>> entries() const;
  [[nodiscard]] Result<void> set(std::span<const char> key, std::span<const char> value) const;

 private:
  BpfTable(Fd fd, BpfMap info) : fd_(std::move(fd)), info_(std::move(info)) {}
  Fd fd_;
  BpfMap info_;
};

}  // namespace tripline
