// SPDX-License-Identifier: Apache-2.0
// An Event as the bytes of the API's GetEventsResponse, which any number of readers can be sent. They say what the
// event's JSON line says: scalars that are zero are left out, wrapped numbers are there whenever they are set.
//
// Strings are sent as they are in the event, which keeps them valid UTF-8; a reader fails on invalid ones.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>

#include "event/event.h"
#include "serve/wire.h"

namespace tripline {

// Encodes many events of one node. It remembers the bytes of the images it has met last, which are most of an event: of
// 1,024 at most, 8 MiB, none of them longer than 64 KiB.
class EventEncoder {
 public:
  explicit EventEncoder(const Node& node);

  // Of the node, which events show from now on.
  void set_labels(const Labels& labels);
  [[nodiscard]] std::string encode(const Event& event);
  // A process alone, as the bytes of a Process.
  [[nodiscard]] std::string encode(const Shown& shown);
  // Bytes of what it remembers.
  [[nodiscard]] size_t remembered() const { return bytes_; }

 private:
  // The bytes of an image, and where in them an event puts what it adds.
  struct Image {
    std::string fields;
    size_t refcnt = 0, tid = 0, properties = 0;
  };

  const Image& image_of(const std::shared_ptr<const Process>& process);
  void write_shown(const Shown& shown, const BinaryProperties* properties);
  void write_shown(int field, const Shown& shown, const BinaryProperties* properties);
  void write_ancestors(int field, const Event& event);

  void write_payload(const Event& event, const ProcessExec& exec);
  void write_payload(const Event& event, const ProcessExit& exit);
  void write_payload(const Event& event, const ProcessKprobe& kprobe);
  void write_payload(const Event& event, const ProcessTracepoint& tracepoint);
  void write_payload(const Event& event, const ProcessLsm& lsm);
  void write_payload(const Event& event, const ProcessUprobe& uprobe);
  void write_payload(const Event& event, const ProcessUsdt& usdt);
  void write_payload(const Event& event, const ProcessLoader& loader);
  void write_payload(const Event& event, const ProcessThrottle& throttle);

  Node node_;
  std::string labels_;  // of the node, as fields
  WireOut out_;
  std::unordered_map<std::shared_ptr<const Process>, Image> images_;
  size_t bytes_ = 0;  // of their fields
  Image made_;        // the last one, unless it is remembered
};

}  // namespace tripline
