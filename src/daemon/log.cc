// SPDX-License-Identifier: Apache-2.0
#include "daemon/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include "render/json_out.h"
#include "render/text_buffer.h"
#include "render/time.h"

namespace tripline {
namespace {

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::kTrace:
      return spdlog::level::trace;
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kFatal:
      return spdlog::level::critical;
    case LogLevel::kPanic:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

LogLevel level_of(spdlog::level::level_enum level) {
  for (const LogLevel each : {LogLevel::kTrace, LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning,
                              LogLevel::kError, LogLevel::kFatal}) {
    if (level_of(each) == level) return each;
  }
  return LogLevel::kPanic;
}

}  // namespace

Result<Log> Log::open(const LogOptions& options) {
  std::vector<spdlog::sink_ptr> sinks = {std::make_shared<spdlog::sinks::stdout_sink_mt>()};
  if (!options.file.empty()) {
    try {
      sinks.push_back(std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file));
    } catch (const spdlog::spdlog_ex& problem) {
      return fail("open log file", options.file, 0, problem.what());
    }
  }
  auto logger = std::make_shared<spdlog::logger>("tripline", sinks.begin(), sinks.end());
  logger->set_pattern("%v");
  logger->set_level(level_of(options.level));
  logger->flush_on(spdlog::level::trace);
  return Log(std::move(logger), options.json);
}

void Log::write(const LogLine& line) const {
  const spdlog::level::level_enum level = level_of(line.level);
  if (!logger_->should_log(level)) return;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  logger_->log(level, "{}",
               json_ ? json_text(line, std::chrono::duration_cast<std::chrono::nanoseconds>(now).count())
                     : line.text());
}

LogLevel Log::level() const { return level_of(logger_->level()); }
void Log::set_level(LogLevel level) const { logger_->set_level(level_of(level)); }

std::string json_text(const LogLine& line, int64_t time) {
  TextBuffer out;
  JsonOut json(out);
  json.start();
  json.set_member("time", rfc3339_nano(time));
  json.set_member("level", level_name(line.level));
  json.set_member("msg", line.message);
  for (const auto& [name, value] : line.fields) json.set_member(name, value);
  json.end();
  return std::string(out.view());
}

}  // namespace tripline
