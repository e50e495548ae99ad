// SPDX-License-Identifier: Apache-2.0
// Events as lines of JSON at the end of a file. A line is written whole with others of its round; what could not be
// written is counted, and the daemon goes on.
#pragma once

#include <cstdint>
#include <string>

#include "base/fd.h"
#include "base/result.h"
#include "event/event.h"
#include "render/json.h"
#include "render/text_buffer.h"

namespace tripline {

class ExportFile {
 public:
  // `mode` of a file that is made; one that is there keeps its own.
  static Result<ExportFile> open(const std::string& path, uint32_t mode, const Node& node);

  void add(const Event& event);
  // At the end of each round.
  void flush();
  // Events that could not be written.
  [[nodiscard]] uint64_t lost() const { return lost_; }

 private:
  ExportFile(Fd file, const Node& node) : file_(std::move(file)), writer_(node) {}

  Fd file_;
  JsonWriter writer_;
  TextBuffer pending_;
  uint64_t events_ = 0;  // in pending_
  uint64_t lost_ = 0;
};

}  // namespace tripline
