// SPDX-License-Identifier: Apache-2.0
// Events that pass the filters as lines of JSON at the end of a file. A line is written whole with others of its round; what could not be
// written is counted, and the daemon goes on.
#pragma once

#include <cstdint>
#include <string>

#include "base/fd.h"
#include "base/result.h"
#include "event/event.h"
#include "filter/parse_lists.h"
#include "render/json.h"
#include "render/text_buffer.h"
#include "serve/encode.h"

namespace tripline {

// Since the start.
struct ExportCounts {
  uint64_t events = 0;  // written
  uint64_t bytes = 0;
  uint64_t lost = 0;          // by the target
  uint64_t rate_limited = 0;  // not written for the rate limit
  int64_t last = 0;           // time of the last event, in ns since 1970
};

class ExportFile {
 public:
  // `mode` of a file that is made; one that is there keeps its own.
  static Result<ExportFile> open(const std::string& path, uint32_t mode, const Node& node,
                                 ExportFilters filters = {});

  void add(const Event& event);
  // At the end of each round.
  void flush();
  [[nodiscard]] const ExportCounts& counts() const { return counts_; }

 private:
  ExportFile(Fd file, const Node& node, ExportFilters filters)
      : file_(std::move(file)), filters_(std::move(filters)), writer_(node), encoder_(node) {}

  Fd file_;
  ExportFilters filters_;
  JsonWriter writer_;
  EventEncoder encoder_;  // for events that lose fields
  TextBuffer pending_;
  uint64_t events_ = 0;  // in pending_
  ExportCounts counts_;
};

}  // namespace tripline
