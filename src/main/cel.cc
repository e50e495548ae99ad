// SPDX-License-Identifier: Apache-2.0
// `tripline cel`: evaluates an expression as filters do. It reads its command line itself, for an expression may begin
// with a minus.
#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <string>

#include "main/commands.h"
#include "main/input.h"
#include "serve/expression.h"

namespace tripline {
namespace {

constexpr int kFailed = 1;
constexpr int kWrong = 2;

constexpr std::string_view kHelp =
    "Evaluate an expression of the Common Expression Language (CEL)\n"
    "Usage: tripline cel EXPR [--event FILE]\n"
    "\n"
    "Options:\n"
    "  -h,--help    Print this help message and exit\n"
    "  --event FILE An event as JSON, - for standard input: its kind, as in process_exec.process.pid, is a "
    "variable\n"
    "\n"
    "Exits with 1 if evaluation fails and with 2 if the expression is invalid.\n";

struct CelFlags {
  std::optional<std::string> expression;
  std::optional<std::string> event;
  bool help = false;
};

// Absent when the words are no such command line.
std::optional<CelFlags> read_flags(std::span<const std::string_view> args) {
  constexpr std::string_view kEvent = "--event=";
  CelFlags out;
  for (size_t at = 0; at < args.size(); ++at) {
    const std::string_view word = args[at];
    if (word == "--help" || word == "-h") {
      out.help = true;
    } else if (word == "--event" && at + 1 < args.size()) {
      out.event = args[++at];
    } else if (word.starts_with(kEvent)) {
      out.event = word.substr(kEvent.size());
    } else if (word == "--" && at + 2 == args.size() && !out.expression) {
      out.expression = args[++at];
    } else if (!out.expression && word != "--event") {
      out.expression = word;
    } else {
      return std::nullopt;
    }
  }
  if (!out.expression && !out.help) return std::nullopt;
  return out;
}

}  // namespace

int cel_command(std::span<const std::string_view> args) {
  const std::optional<CelFlags> flags = read_flags(args);
  if (!flags || flags->help) {
    fmt::print(flags ? stdout : stderr, "{}", kHelp);
    return flags ? 0 : kWrong;
  }
  std::optional<std::string> event;
  if (flags->event) {
    constexpr size_t kLargest = size_t{4} << 20;
    Result<std::string> text = read_file(*flags->event, kLargest);
    if (!text) {
      fmt::print(stderr, "error: {}\n", text.error().text());
      return kFailed;
    }
    event = *std::move(text);
  }
  const Evaluated evaluated = evaluate_expression(*flags->expression, event);
  switch (evaluated.kind) {
    case Evaluated::Kind::kValue:
      fmt::print("{}\n", evaluated.text);
      return 0;
    case Evaluated::Kind::kFailed:
      fmt::print(stderr, "error: {}\n", evaluated.text);
      return kFailed;
    case Evaluated::Kind::kWrong:
      fmt::print(stderr, "{}\n", evaluated.text);
      return kWrong;
  }
  return kFailed;
}

}  // namespace tripline
