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

#include "export/compact_json.h"
#include "export/lines.h"

namespace tripline {
namespace {

using Clock = FileTarget::Clock;

constexpr std::chrono::milliseconds kGather{5};
constexpr size_t kEnough = 64 << 10;          // bytes that are not to wait for more
constexpr std::chrono::seconds kPatience{2};  // with a target, at the end
constexpr size_t kKept = 1 << 20;             // bytes of memory that stay, however little was in them

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
  std::string waiting;
  uint64_t lines = 0;  // in `waiting` and those that are being written
  bool ending = false;
  bool is_over = false;
  bool reopen = false;
  std::optional<Rotation> rotation;
  WriterCounts counts;

  void run();
  void write(std::string_view batch);
  Written write_plain(std::string_view lines);
  Written write_compact(std::string_view lines);
  void note_trouble();
};

void LineWriter::Work::run() {
  std::string batch;
  std::unique_lock lock(mutex);
  while (!ending || !waiting.empty()) {
    const auto something = [&] { return ending || reopen || rotation || !waiting.empty(); };
    if (const auto at = due(target); at == Clock::time_point::max())
      wake.wait(lock, something);
    else
      wake.wait_until(lock, at, something);
    if (!waiting.empty() && !ending)
      wake.wait_for(lock, kGather, [&] { return ending || waiting.size() >= kEnough; });
    // What a burst took stays for the next one, until there is none: a page of fresh memory costs more than to fill it.
    if (batch.capacity() > kKept && batch.size() < batch.capacity() / 4) batch = {};
    batch.clear();
    std::swap(batch, waiting);
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
    if (!batch.empty()) write(batch);
    note_trouble();
    lock.lock();
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
  std::string& waiting = work_->waiting;
  if (waiting.size() + lines.size() > kWaiting) {
    work_->counts.lost += count;
    if (work_->counts.problem.empty()) work_->counts.problem = "it takes no more, or not fast enough";
    return;
  }
  const bool wakes =
      waiting.empty() || (waiting.size() < kEnough && waiting.size() + lines.size() >= kEnough);
  waiting += lines;
  work_->lines += count;
  if (wakes) work_->wake.notify_one();
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
