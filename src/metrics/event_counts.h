// SPDX-License-Identifier: Apache-2.0
// How many events there were, by type, by policy and hook, and by system call, each by the binary of the process. The
// thread that makes events counts them; any other can look meanwhile.
//
// An event costs a few look-ups and no memory, unless it is the first of its kind. There are never more than so many
// series: what comes when there is no more room counts as the binary `_other`, or as `_other` altogether.
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

// Which labels of processes tell anything; the others are empty.
struct ProcessLabels {
  bool binary = true;
  bool node_name = false;
};

class EventCounts {
 public:
  static constexpr size_t kBinaries = 2048;          // `_other` among them
  static constexpr size_t kBinaryBytes = 512 << 10;  // of all their paths
  static constexpr size_t kSeries = 8192;            // of policies, and as many of system calls
  static constexpr size_t kOtherSeries = 1024;  // and of those, for binaries that have no series of their own

  EventCounts(ProcessLabels labels, std::string node);
  EventCounts(const EventCounts&) = delete;
  EventCounts& operator=(const EventCounts&) = delete;

  void add(const Event& event);
  // From any thread.
  void show(Page& page) const;

 private:
  static constexpr size_t kTypes = std::variant_size_v<Payload>;
  struct Binary {
    std::string path;
    std::array<Count, kTypes> events;
  };
  // What is counted besides its binary: a policy and its hook, or a name alone. Of a tracepoint the hook has two names.
  struct Subject {
    std::string_view policy;
    std::string_view kind;
    std::string_view group;
    std::string_view name;
    bool operator==(const Subject&) const = default;
  };
  struct Key {
    Subject subject;
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
  class Table {
   public:
    // False when it was counted as another one.
    bool add(const Subject& subject, uint32_t binary);
    // Calls visit(subject, binary, how many) for each series.
    template <typename Visit>
    void show(const Visit& visit) const {
      for (size_t n = 0, size = series_.size(); n < size; ++n)
        visit(series_[n].key.subject, series_[n].key.binary, static_cast<double>(series_[n].events.get()));
    }

   private:
    Count* find(const Key& key);
    Count& begin(const Key& key);

    std::unordered_map<Key, Count*, KeyHash> places_;
    GrowOnly<Series, kSeries + kOtherSeries> series_;
  };

  static constexpr size_t kFlags = 64;
  // What flags the image of an exec has, together.
  struct Flags {
    std::string text;
    Count events;
  };

  uint32_t add_binary(std::string_view path);
  uint32_t binary_of(const Process* process);
  void add_flags(std::string_view flags);
  // False when it was counted as another one.
  bool add_hook(const Payload& payload, uint32_t binary);
  void show_flags(Page& page) const;

  const ProcessLabels labels_;
  const std::string node_;
  std::unordered_map<std::string_view, uint32_t> places_;  // of binaries_
  GrowOnly<Binary, kBinaries> binaries_;                   // 0: `_other`
  size_t binary_bytes_ = 0;
  Table policies_;
  Table syscalls_;
  Table joined_;  // functions whose entry and return were joined
  GrowOnly<Flags, kFlags> flags_;
  Count unknown_;
  Count other_;
};

}  // namespace tripline
