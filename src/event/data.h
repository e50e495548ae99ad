// SPDX-License-Identifier: Apache-2.0
// PendingData: bytes of long buffers, which programs send ahead of the hook record that they belong to. Keeps them
// until that record arrives and then completes its field, up to the first gap.
//
// A lost record leaves its bytes behind: they are evicted by newer ones, so that no more than kMost values and
// kMostBytes are kept. Bytes can be missing for that reason, because they did not fit into the ring, or because they
// could not be read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <string>

#include "event/decode.h"

namespace tripline {

struct DataCounts {
  uint64_t added = 0;        // values of which the first bytes came
  uint64_t appended = 0;     // further bytes of them
  uint64_t bad = 0;          // bytes that do not follow those before
  uint64_t matched = 0;      // values that their record took
  uint64_t not_matched = 0;  // values that their record did not find, or not all of
  uint64_t evicted = 0;      // values whose bytes gave way
  uint64_t waiting = 0;      // values that are kept now
};

class PendingData {
 public:
  static constexpr size_t kMost = 1024;
  static constexpr size_t kMostBytes = size_t{64} << 20;

  void add(const DataRecord& data);
  // Moves what was kept for `record` into it. Returns how many of those that were to have all of their bytes
  // (Extent::kAll) have not, up to TL_DATA_MAX.
  size_t complete(HookRecord& record);
  [[nodiscard]] DataCounts counts() const;

 private:
  struct Key {
    uint64_t time = 0;
    uint32_t tid = 0;
    uint32_t schema = 0;
    uint32_t field = 0;
    auto operator<=>(const Key&) const = default;
  };
  struct Value {
    Key key;
    uint64_t begin = 0;  // where `bytes` begin in the value
    std::string bytes;
  };

  // The bytes kept for it that follow the first `size`; none when there are none.
  std::string take(const Key& key, size_t size);

  std::list<Value> values_;  // the oldest first
  std::map<Key, std::list<Value>::iterator> places_;
  size_t bytes_ = 0;
  DataCounts counts_;  // without those that wait
};

}  // namespace tripline
