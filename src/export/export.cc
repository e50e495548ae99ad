// SPDX-License-Identifier: Apache-2.0
#include "export/export.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>

#include "serve/shape.h"

namespace tripline {
namespace {

constexpr size_t kRound = 128 << 10;          // bytes that are handed over before the round ends
constexpr std::chrono::seconds kSilence{10};  // between two words about lost events

// The writer's thread goes on without us when its target hangs, so it has no part of ours.
Result<LineTarget> open_target(const ExportOptions& options) {
  // Devices and pipes are no files that could give way to others, nor is what stands for a descriptor.
  const auto is_stream = [&] {
    struct stat facts{};
    if (options.target == "-" || options.target.starts_with("/dev/") || options.target.starts_with("/proc/"))
      return true;
    return stat(options.target.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode);
  };
  // It may be there later.
  const auto is_passing = [](const Error& error) {
    constexpr std::array kPassing = {ENXIO, ENOSPC, EDQUOT, EMFILE, ENFILE};
    return std::ranges::find(kPassing, error.errnum) != kPassing.end();
  };
  if (is_stream()) {
    auto stream = std::make_unique<StreamTarget>(options.target);
    if (const auto opened = stream->open(); !opened && !is_passing(opened.error()))
      return std::unexpected(opened.error());
    return stream;
  }
  auto file = std::make_unique<FileTarget>(
      FileOptions{options.target, options.mode, options.compress, options.rotation});
  if (const auto opened = file->open(); !opened && !is_passing(opened.error()))
    return std::unexpected(opened.error());
  return file;
}

}  // namespace

Export::Export(const ExportOptions& options, std::unique_ptr<LineWriter> writer, const Node& node,
               ExportFilters filters)
    : target_(options.target),
      node_(node),
      filters_(std::move(filters)),
      json_(node),
      encoder_(node),
      writer_(std::move(writer)) {
  if (options.rate_limit >= 0) limit_.emplace(static_cast<uint64_t>(options.rate_limit), Clock::now());
}

void Export::set_labels(const Labels& labels) {
  json_.set_labels(labels);
  encoder_.set_labels(labels);
}

Result<Export> Export::start(const ExportOptions& options, const Node& node, ExportFilters filters) {
  auto target = open_target(options);
  if (!target) return std::unexpected(target.error());
  return Export(options, std::make_unique<LineWriter>(*std::move(target), options.compact), node,
                std::move(filters));
}

bool Export::passes(const Event& begun) {
  if (!asks_early()) return true;
  return passed_ = filters_.events.passes(begun);
}

void Export::add(const Event& event) {
  if (!std::exchange(passed_, false) && !filters_.events.passes(event)) return;
  if (limit_ && !limit_->take(Clock::now())) return;
  if (filters_.fields.empty()) {
    json_.write(lines_, event);
  } else {
    add_shaped(event);
  }
  lines_.add('\n');
  ++events_;
  last_ = event.time;
  if (lines_.size() >= kRound) hand_over();
}

void Export::add_shaped(const Event& event) {
  whole_.clear();
  left_.clear();
  json_.write(whole_, event);
  if (filters_.fields.cut(whole_.view(), left_))
    lines_.add(left_);
  else
    lines_.add(shaped_json(encoder_.encode(event), filters_.fields));
}

void Export::hand_over() {
  if (lines_.size() == 0) return;
  writer_->add(lines_, events_);
  events_ = 0;
}

std::optional<LogLine> Export::flush(Clock::time_point now) {
  if (limit_) {
    if (const uint64_t dropped = limit_->report(now); dropped > 0) {
      const auto time = std::chrono::system_clock::now().time_since_epoch();
      add_rate_limit_line(lines_, node_, dropped,
                          std::chrono::duration_cast<std::chrono::nanoseconds>(time).count());
      lines_.add('\n');
      ++events_;
      ++notes_;
    }
  }
  hand_over();
  if (now < silent_until_) return std::nullopt;
  return news(writer_->counts());
}

std::optional<LogLine> Export::news(const WriterCounts& counts) {
  if (counts.trouble != told_trouble_) {
    told_trouble_ = counts.trouble;
    silent_until_ = Clock::now() + kSilence;
    return LogLine{.level = LogLevel::kWarning,
                   .message = "Cannot manage rotated export files",
                   .fields = {{"target", target_}, {"error", counts.trouble}}};
  }
  if (counts.lost == told_) {
    if (!failed_ || counts.lines == lines_when_told_) return std::nullopt;
    failed_ = false;
    return LogLine{.message = "Events are exported again", .fields = {{"target", target_}}};
  }
  failed_ = true;
  // Without a problem what came last was written: there may be nothing more to write by which that could be seen.
  lines_when_told_ = counts.problem.empty() ? std::numeric_limits<uint64_t>::max() : counts.lines;
  silent_until_ = Clock::now() + kSilence;
  LogLine line{.level = LogLevel::kWarning,
               .message = "Events were not exported",
               .fields = {{"target", target_}, {"events", std::to_string(counts.lost - told_)}}};
  if (!counts.problem.empty()) line.fields.emplace_back("error", counts.problem);
  told_ = counts.lost;
  return line;
}

ExportCounts Export::counts() const {
  const WriterCounts written = writer_->counts();
  return {.events = written.lines - std::min(notes_, written.lines),
          .bytes = written.bytes,
          .lost = written.lost,
          .rate_limited = limit_ ? limit_->dropped() : 0,
          .last = last_};
}

std::optional<LogLine> Export::finish() {
  hand_over();
  return news(writer_->finish());
}

}  // namespace tripline
