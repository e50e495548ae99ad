// SPDX-License-Identifier: Apache-2.0
#include "export/writer.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "export/compact_json.h"
#include "export/lines.h"

namespace tripline {
namespace {

using Clock = FileTarget::Clock;

constexpr std::chrono::milliseconds kGather{5};
constexpr size_t kEnough = 64 << 10;          // bytes that are not to wait for more
constexpr std::chrono::seconds kPatience{2};  // with a target, at the end
constexpr size_t kBlock = 256 << 10;          // bytes that lines are gathered in
constexpr size_t kMany = 32 << 10;            // bytes of lines that are not copied
constexpr size_t kKept = 4;                   // blocks that stay, however little there is to write

Clock::time_point due(const LineTarget& target) {
  const auto* file = std::get_if<std::unique_ptr<FileTarget>>(&target);
  return file ? (*file)->due() : Clock::time_point::max();
}

}  // namespace

struct LineWriter::Work {
  Work(LineTarget to, bool is_compact) : target(std::move(to)) {
    if (is_compact) compactor.emplace();
  }

  // Of the thread alone.
  LineTarget target;
  std::optional<JsonCompactor> compactor;
  std::string compact;
  std::atomic<bool> stop = false;

  mutable std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable ended;
  // Blocks of lines, of which only the last one has room. Memory that was never used costs more than to fill it, so blocks
  // are used again: as many as the last batch took.
  std::vector<TextBuffer> waiting;
  std::vector<TextBuffer> spare;
  size_t waiting_bytes = 0;
  uint64_t lines = 0;  // in `waiting` and those that are being written
  bool ending = false;
  bool is_over = false;
  bool reopen = false;
  std::optional<Rotation> rotation;
  WriterCounts counts;

  void run();
  bool admit(size_t size, uint64_t count);
  TextBuffer take_spare();
  void add(std::string_view text);
  void give_back(std::vector<TextBuffer>& batch);
  void write(std::string_view batch);
  Written write_plain(std::string_view lines);
  Written write_compact(std::string_view lines);
  void note_trouble();
};

// These are called under the lock. Counts what has no room, and wakes the thread for what has, which must follow.
bool LineWriter::Work::admit(size_t size, uint64_t count) {
  if (waiting_bytes + size > kWaiting) {
    counts.lost += count;
    if (counts.problem.empty()) counts.problem = "it takes no more, or not fast enough";
    return false;
  }
  const bool wakes = waiting_bytes == 0 || (waiting_bytes < kEnough && waiting_bytes + size >= kEnough);
  waiting_bytes += size;
  lines += count;
  if (wakes) wake.notify_one();
  return true;
}

TextBuffer LineWriter::Work::take_spare() {
  if (spare.empty()) return {};
  TextBuffer out = std::move(spare.back());
  spare.pop_back();
  return out;
}

void LineWriter::Work::add(std::string_view text) {
  if (waiting.empty() || waiting.back().size() + text.size() > kBlock) {
    waiting.push_back(take_spare());
    waiting.back().room(std::max(kBlock, text.size()));
  }
  waiting.back().add(text);
}

void LineWriter::Work::give_back(std::vector<TextBuffer>& batch) {
  const size_t most = std::max(kKept, batch.size());
  for (TextBuffer& block : batch) {
    if (block.capacity() > 2 * kBlock) continue;
    block.clear();
    spare.push_back(std::move(block));
  }
  batch.clear();
  if (spare.size() > most) spare.resize(most);
}

void LineWriter::Work::run() {
  std::vector<TextBuffer> batch;
  std::unique_lock lock(mutex);
  while (!ending || !waiting.empty()) {
    const auto something = [&] { return ending || reopen || rotation || !waiting.empty(); };
    if (const auto at = due(target); at == Clock::time_point::max())
      wake.wait(lock, something);
    else
      wake.wait_until(lock, at, something);
    if (!waiting.empty() && !ending)
      wake.wait_for(lock, kGather, [&] { return ending || waiting_bytes >= kEnough; });
    std::swap(batch, waiting);
    waiting_bytes = 0;
    const bool anew = std::exchange(reopen, false);
    const std::optional<Rotation> changed = std::exchange(rotation, std::nullopt);
    lock.unlock();
    std::visit(
        [&](auto& any) {
          if (anew) any->reopen();
        },
        target);
    if (auto* file = std::get_if<std::unique_ptr<FileTarget>>(&target)) {
      if (changed) (*file)->set_rotation(*changed);
      if (Clock::now() >= (*file)->due()) (void)(*file)->rotate();
      // Whoever asked for it expects to find it.
      if (anew && batch.empty()) (void)(*file)->open();
    }
    for (const TextBuffer& block : batch) write(block.view());
    note_trouble();
    lock.lock();
    give_back(batch);
  }
  is_over = true;
  ended.notify_all();
}

Written LineWriter::Work::write_plain(std::string_view text) {
  if (auto* file = std::get_if<std::unique_ptr<FileTarget>>(&target)) return (*file)->write(text);
  return std::get<std::unique_ptr<StreamTarget>>(target)->write(text, stop);
}

// A group is in one file, and none of its lines is missing: whenever that is not sure, another one begins.
Written LineWriter::Work::write_compact(std::string_view text) {
  const uint64_t count = count_lines(text);
  const auto fresh = std::visit([&](auto& any) { return any->prepare(text.size()); }, target);
  if (!fresh) return {.lost = count, .problem = fresh.error().errnum != 0 ? fresh.error().errnum : EINVAL};
  if (*fresh) compactor->begin_group();
  const uint64_t groups = compactor->groups();
  compact.clear();
  for (std::string_view rest = text; !rest.empty();) {
    const size_t size = first_line(rest);
    compactor->add(rest.substr(0, size - 1), compact);
    rest.remove_prefix(size);
  }
  Written out = write_plain(compact);
  if (out.lost > 0) compactor->begin_group();
  out.lines -= std::min(out.lines, compactor->groups() - groups);
  out.lines = std::min(out.lines, count);
  out.lost = count - out.lines;
  return out;
}

void LineWriter::Work::write(std::string_view batch) {
  Written written;
  for (std::string_view rest = batch; !rest.empty();) {
    size_t size = rest.size();
    if (compactor) size = std::max(whole_lines(rest, std::min(size, kEnough)), first_line(rest));
    const Written some = compactor ? write_compact(rest.substr(0, size)) : write_plain(rest.substr(0, size));
    written.lines += some.lines;
    written.bytes += some.bytes;
    written.lost += some.lost;
    written.problem = some.problem;
    rest.remove_prefix(size);
  }
  const std::lock_guard lock(mutex);
  counts.lines += written.lines;
  counts.bytes += written.bytes;
  counts.lost += written.lost;
  lines -= written.lines + written.lost;
  if (written.problem != 0)
    counts.problem = std::strerror(written.problem);
  else
    counts.problem.clear();
}

void LineWriter::Work::note_trouble() {
  auto* file = std::get_if<std::unique_ptr<FileTarget>>(&target);
  if (file == nullptr) return;
  std::string trouble = (*file)->take_trouble();
  if (trouble.empty()) return;
  const std::lock_guard lock(mutex);
  counts.trouble = std::move(trouble);
}

LineWriter::LineWriter(LineTarget target, bool compact)
    : work_(std::make_shared<Work>(std::move(target), compact)) {
  // Not joined: a thread that hangs in a write would hold up the end for ever.
  std::thread([work = work_] { work->run(); }).detach();
}

LineWriter::~LineWriter() { finish(); }

WriterCounts LineWriter::finish() {
  std::unique_lock lock(work_->mutex);
  const bool again = std::exchange(work_->ending, true);
  work_->wake.notify_all();
  const auto is_over = [&] { return work_->is_over; };
  if (!again && !work_->ended.wait_for(lock, kPatience, is_over)) {
    work_->stop = true;
    work_->ended.wait_for(lock, kPatience, is_over);
  }
  WriterCounts out = work_->counts;
  out.lost += work_->lines;  // it hangs
  return out;
}

void LineWriter::add(std::string_view lines, uint64_t count) {
  const std::lock_guard lock(work_->mutex);
  if (work_->admit(lines.size(), count)) work_->add(lines);
}

void LineWriter::add(TextBuffer& lines, uint64_t count) {
  const std::lock_guard lock(work_->mutex);
  if (work_->admit(lines.size(), count)) {
    if (lines.size() < kMany)
      work_->add(lines.view());
    else
      work_->waiting.push_back(std::exchange(lines, work_->take_spare()));
  }
  lines.clear();
}

void LineWriter::reopen() {
  const std::lock_guard lock(work_->mutex);
  work_->reopen = true;
  work_->wake.notify_one();
}

void LineWriter::set_rotation(const Rotation& rotation) {
  const std::lock_guard lock(work_->mutex);
  work_->rotation = rotation;
  work_->wake.notify_one();
}

WriterCounts LineWriter::counts() const {
  const std::lock_guard lock(work_->mutex);
  return work_->counts;
}

}  // namespace tripline
