// SPDX-License-Identifier: Apache-2.0
// Queues lines for a target, which a separate thread writes: a target that is slow or hangs blocks nobody. The queue
// is bounded; lines beyond that are lost, and counted.
//
// It collects lines for some milliseconds, so that they share writes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "export/file_target.h"
#include "export/stream_target.h"
#include "render/text_buffer.h"

namespace tripline {

using LineTarget = std::variant<std::unique_ptr<FileTarget>, std::unique_ptr<StreamTarget>>;

struct WriterCounts {
  uint64_t lines = 0;  // written
  uint64_t bytes = 0;
  uint64_t lost = 0;    // lines
  std::string problem;  // of the last lines that were lost; empty once all is well
  std::string trouble;  // the last one with a file that was to give way or a backup
};

class LineWriter {
 public:
  static constexpr size_t kWaiting = 8 << 20;  // most bytes that wait

  // `compact`: lines of JSON go through compact_json.h.
  explicit LineWriter(LineTarget target, bool compact = false);
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  // `count` whole lines.
  void add(std::string_view lines, uint64_t count);
  // The same, and empties the buffer: of many lines it has other memory then, for to copy them would cost as much as to
  // write them.
  void add(TextBuffer& lines, uint64_t count);
  void reopen();
  void set_rotation(const Rotation& rotation);
  [[nodiscard]] WriterCounts counts() const;
  // Waits for what can be written within some seconds; nothing may be added afterwards.
  WriterCounts finish();

 private:
  struct Work;
  std::shared_ptr<Work> work_;
};

}  // namespace tripline
