// SPDX-License-Identifier: Apache-2.0
// How many records of each kind were handled, and how long that took.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/histogram.h"
#include "event/decode.h"

namespace tripline {

// The kinds, with the numbers that metrics have for them.
#define TRIPLINE_RECORD_KINDS(X) \
  X(kExec, 5)                    \
  X(kExit, 7)                    \
  X(kKprobe, 13)                 \
  X(kTracepoint, 14)             \
  X(kUprobe, 15)                 \
  X(kLsm, 16)                    \
  X(kFork, 23)                   \
  X(kData, 24)                   \
  X(kLoader, 26)                 \
  X(kThrottle, 27)               \
  X(kUsdt, 28)

enum class RecordKind : uint8_t {
#define TRIPLINE_RECORD_KIND(name, number) name,
  TRIPLINE_RECORD_KINDS(TRIPLINE_RECORD_KIND)
#undef TRIPLINE_RECORD_KIND
};

inline constexpr std::array kRecordNumbers = {
#define TRIPLINE_RECORD_NUMBER(name, number) number,
    TRIPLINE_RECORD_KINDS(TRIPLINE_RECORD_NUMBER)
#undef TRIPLINE_RECORD_NUMBER
};

inline constexpr double kLatencyBounds[] = {50, 100, 500, 1000, 10'000, 100'000};  // microseconds
// Bytes.
inline constexpr double kDataSizeBounds[] = {1000,  3000,  5000,  7000,  9000,  11000, 13000,
                                             15000, 17000, 19000, 21000, 23000, 25000, 27000,
                                             29000, 31000, 33000, 35000, 37000, 39000};

[[nodiscard]] inline RecordKind kind_of(const Record& record) {
  struct KindOf {
    RecordKind operator()(const ForkRecord& /*fork*/) const { return RecordKind::kFork; }
    RecordKind operator()(const ExecRecord& /*exec*/) const { return RecordKind::kExec; }
    RecordKind operator()(const ExitRecord& /*exit*/) const { return RecordKind::kExit; }
    RecordKind operator()(const ThrottleRecord& /*throttle*/) const { return RecordKind::kThrottle; }
    RecordKind operator()(const DataRecord& /*data*/) const { return RecordKind::kData; }
    RecordKind operator()(const HookRecord& hook) const {
      switch (hook.schema->kind) {
        case EventKind::kKprobe:
          return RecordKind::kKprobe;
        case EventKind::kTracepoint:
          return RecordKind::kTracepoint;
        case EventKind::kLsm:
          return RecordKind::kLsm;
        case EventKind::kUprobe:
          return RecordKind::kUprobe;
        case EventKind::kUsdt:
          return RecordKind::kUsdt;
        case EventKind::kLoader:
          return RecordKind::kLoader;
      }
      return RecordKind::kKprobe;
    }
  };
  return std::visit(KindOf{}, record);
}

class RecordCounts {
 public:
  struct Count {
    uint64_t records = 0;
    Histogram latency{kLatencyBounds};  // microseconds; empty when it is not measured
  };
  [[nodiscard]] Count& of(RecordKind kind) { return counts_.at(static_cast<size_t>(kind)); }
  [[nodiscard]] const Count& of(RecordKind kind) const { return counts_.at(static_cast<size_t>(kind)); }

  Histogram data_sizes{kDataSizeBounds};  // bytes of data sent ahead of its event, by record

 private:
  std::array<Count, kRecordNumbers.size()> counts_;
};

}  // namespace tripline
