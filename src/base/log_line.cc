// SPDX-License-Identifier: Apache-2.0
#include "base/log_line.h"

#include <algorithm>

#include "base/go_text.h"
#include "base/utf8.h"

namespace tripline {
namespace {

bool needs_quotes(std::string_view text) {
  if (text.empty()) return true;
  while (!text.empty()) {
    const auto [point, length] = first_character(text);
    if (length == 0 || point <= ' ' || point == '=' || point == '"' || (point >= 0x7f && point <= 0xa0))
      return true;
    text.remove_prefix(length);
  }
  return false;
}

std::string value(std::string_view text) { return needs_quotes(text) ? go_quoted(text) : std::string(text); }

}  // namespace

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::kTrace:
      return "trace";
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warn";
    case LogLevel::kError:
      return "error";
    case LogLevel::kFatal:
      return "fatal";
    case LogLevel::kPanic:
      break;
  }
  return "panic";
}

std::string LogLine::text() const {
  std::string out = "level=" + std::string(level_name(level)) + " msg=" + value(message);
  for (const auto& [name, content] : fields) out += " " + name + "=" + value(content);
  return out;
}

}  // namespace tripline
