// SPDX-License-Identifier: Apache-2.0
// The export: events that pass the filters and the rate limit, as JSON lines in a file, a pipe or on standard
// output. Events that cannot be written are counted and reported. All calls are made by the loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/log_line.h"
#include "base/result.h"
#include "event/event.h"
#include "export/rate_limit.h"
#include "export/rotation.h"
#include "export/writer.h"
#include "filter/parse_lists.h"
#include "render/json.h"
#include "render/text_buffer.h"
#include "serve/encode.h"

namespace tripline {

struct ExportOptions {
  std::string target;  // a path, or "-" for standard output
  uint32_t mode = 0600;
  bool compress = false;
  bool compact = false;  // compact_json.h
  Rotation rotation;
  int64_t rate_limit = -1;  // events a minute; negative: any number
};

// Since the start.
struct ExportCounts {
  uint64_t events = 0;  // written
  uint64_t bytes = 0;
  uint64_t lost = 0;          // by the target
  uint64_t rate_limited = 0;  // not written for the rate limit
  int64_t last = 0;           // time of the last event, in ns since 1970
};

class Export {
 public:
  using Clock = std::chrono::steady_clock;

  // Refuses a target that can never be written. One that only cannot be written now is tried again.
  static Result<Export> start(const ExportOptions& options, const Node& node, ExportFilters filters = {});

  // May it be asked about events of which only the processes, the kind and the policy are known, and is there any use in it?
  [[nodiscard]] bool asks_early() const {
    return !filters_.events.empty() && filters_.events.ignores_arguments();
  }
  // Would add() write the event? After a yes the same event is added whole, and not looked at again.
  [[nodiscard]] bool passes(const Event& begun);
  void add(const Event& event);
  // Of the node, which events show from now on.
  void set_labels(const Labels& labels);
  // At the end of each round. Returns what the log is to say, if anything: that events were lost, or no longer are, or that
  // files are not rotated as they should be.
  std::optional<LogLine> flush(Clock::time_point now);
  // The file with the name may be another one.
  void reopen() { writer_->reopen(); }
  void set_rotation(const Rotation& rotation) { writer_->set_rotation(rotation); }
  [[nodiscard]] ExportCounts counts() const;
  // Writes what can be written within some seconds. Returns what the log is to say.
  std::optional<LogLine> finish();

 private:
  Export(const ExportOptions& options, std::unique_ptr<LineWriter> writer, const Node& node,
         ExportFilters filters);
  void add_shaped(const Event& event);
  void hand_over();
  std::optional<LogLine> news(const WriterCounts& counts);

  std::string target_;
  Node node_;
  ExportFilters filters_;
  bool passed_ = false;  // the event that is added next
  std::optional<EventRate> limit_;
  JsonWriter json_;
  EventEncoder encoder_;  // for events that lose fields which our line does not have one by one
  std::unique_ptr<LineWriter> writer_;
  TextBuffer lines_;
  TextBuffer whole_;     // a line before it loses fields
  std::string left_;     // and what is left of it
  uint64_t events_ = 0;  // in lines_
  int64_t last_ = 0;     // time of the last of them
  uint64_t notes_ = 0;   // lines of our own among those handed over: no events
  uint64_t told_ = 0;    // lost events that were told
  bool failed_ = false;  // and nothing was told since
  uint64_t lines_when_told_ = 0;
  std::string told_trouble_;
  Clock::time_point silent_until_{};
};

}  // namespace tripline
