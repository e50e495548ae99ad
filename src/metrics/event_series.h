// SPDX-License-Identifier: Apache-2.0
// The series of the events of one pod, or of the host: by type, by policy and hook, and by system call, each by the
// binary of the process. The thread that makes events counts them; any other thread can read meanwhile.
//
// An event costs a few look-ups and no memory, unless it is the first of its kind. When the limit is reached, new
// events count as the binary `_other`, or as `_other` altogether.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "event/event.h"
#include "metrics/grow_only.h"
#include "metrics/page.h"

namespace tripline {

// What all series of one metric together may still take.
struct TableRoom {
  static constexpr size_t kSeries = 8192;
  static constexpr size_t kBytes = 4 << 20;     // of their labels
  static constexpr size_t kOtherSeries = 1024;  // further ones, for binaries that have no series of their own
  static constexpr size_t kOtherBytes = 512 << 10;

  size_t series = kSeries;
  size_t bytes = kBytes;
  size_t others = kOtherSeries;
  size_t other_bytes = kOtherBytes;
};

// What all series together may still take.
struct SeriesRoom {
  static constexpr size_t kBinaries = 2048;          // `_other` among them
  static constexpr size_t kBinaryBytes = 512 << 10;  // of all their paths

  size_t binaries = kBinaries - 2;
  size_t binary_bytes = kBinaryBytes;
  TableRoom policies;
  TableRoom syscalls;
};

// What is counted besides its binary: a policy and its hook, or a name alone. The hook may have two names, as that of a
// tracepoint.
struct CountSubject {
  std::string_view policy;
  std::string_view kind;
  std::string_view group;
  std::string_view name;
  bool operator==(const CountSubject&) const = default;
};

class CountTable {
 public:
  // Takes from `room`, if it is the first of its kind; `path` is that of the binary. False when it was counted as another
  // one.
  bool add(const CountSubject& subject, uint32_t binary, std::string_view path, TableRoom& room);
  // Nothing will be added any more: others may take its room.
  void give_back(TableRoom& room) const;
  // Calls visit(subject, binary, how many) for each series.
  template <typename Visit>
  void show(const Visit& visit) const {
    for (size_t n = 0, size = series_.size(); n < size; ++n)
      visit(series_[n].key.subject, series_[n].key.binary, static_cast<double>(series_[n].events.get()));
  }

 private:
  struct Key {
    CountSubject subject;
    uint32_t binary = 0;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const;
  };
  struct Series {
    std::array<std::string, 4> texts;
    Key key;  // in those texts
    Count events;
  };

  Count* find(const Key& key);
  Count& begin(const Key& key);

  std::unordered_map<Key, Count*, KeyHash> places_;
  GrowOnly<Series, TableRoom::kSeries + TableRoom::kOtherSeries + 1>
      series_;      // one is for all that has no room
  TableRoom left_;  // of a whole room, if it were this table's alone
};

// The name of the type of events whose payload is the alternative `kind`.
[[nodiscard]] std::string_view event_type_name(size_t kind);

// The labels of processes, with empty values for those that are not kept.
struct SeriesLabels {
  std::string node;
  std::string name_space;
  std::string workload;
  std::string pod;
};

class EventSeries {
 public:
  // `room` is shared with others.
  EventSeries(SeriesLabels labels, bool by_binary, SeriesRoom& room);
  EventSeries(const EventSeries&) = delete;
  EventSeries& operator=(const EventSeries&) = delete;

  // Nothing will be added any more: others may take its room. Of the thread that adds.
  void give_back();
  // False when some of it was counted as another one.
  bool add(const Event& event);
  // From any thread.
  void show(Page& page) const;
  [[nodiscard]] const SeriesLabels& labels() const { return labels_; }

 private:
  static constexpr size_t kTypes = std::variant_size_v<Payload>;
  struct Binary {
    std::string path;
    std::array<Count, kTypes> events;
  };

  uint32_t add_binary(std::string_view path);
  uint32_t binary_of(const Process* process);
  bool add_hook(const Payload& payload, uint32_t binary);

  const SeriesLabels labels_;
  const bool by_binary_;
  SeriesRoom& room_;
  std::unordered_map<std::string_view, uint32_t> places_;  // of binaries_
  GrowOnly<Binary, SeriesRoom::kBinaries> binaries_;       // 0: `_other`
  size_t binary_bytes_ = 0;
  CountTable policies_;
  CountTable syscalls_;
};

}  // namespace tripline
