// SPDX-License-Identifier: Apache-2.0
// Where `tripline run` writes: one stream, of events in one format or of text. Lines are collected and written when
// flush() is called, at the end of each round. A stream whose reader is gone is closed silently; any other failure to
// write is kept for the caller, and nothing more is written after it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"
#include "event/event.h"
#include "render/text_buffer.h"

namespace tripline {

class Output {
 public:
  // Adds one event as text, its last line end included.
  using Format = std::function<void(TextBuffer&, const Event&)>;

  // `fd` may be a standard stream: then it is not ours to close.
  static Output to_stdout(Format format);
  static Result<Output> to_file(const std::string& path, Format format);
  // Of text, not of events.
  static Output to_stderr();

  void add(const Event& event);
  void add_line(std::string_view text);
  void flush();
  // Why nothing more is written; absent when all is well or when it is only that the reader has gone.
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

 private:
  Output(std::string name, int fd, Fd owned, Format format);

  std::string name_;
  int fd_;
  Fd owned_;
  Format format_;
  TextBuffer pending_;
  bool given_up_ = false;
  std::optional<Error> failure_;
};

}  // namespace tripline
