// SPDX-License-Identifier: Apache-2.0
// What the files that make compact lines share.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "event/event.h"

namespace tripline {

enum class Colour : uint8_t { kRed = 31, kGreen = 32, kYellow = 33, kBlue = 34, kMagenta = 35, kCyan = 36 };

class Painter {
 public:
  explicit Painter(bool colours) : colours_(colours) {}
  [[nodiscard]] std::string paint(Colour colour, std::string_view text) const {
    if (!colours_) return std::string(text);
    return fmt::format("\x1b[{}m{}\x1b[0m", static_cast<int>(colour), text);
  }
  [[nodiscard]] std::string title(std::string_view emoji, std::string_view label,
                                  Colour colour = Colour::kBlue) const {
    return paint(colour, fmt::format("{} {:<{}}", emoji, label, kLabelWidth));
  }

 private:
  static constexpr int kLabelWidth = 7;
  bool colours_;
};

// The argument at a position; null when it is missing or of another type.
template <typename T>
const T* argument(const std::vector<Argument>& args, size_t at) {
  return at < args.size() ? std::get_if<T>(&args[at].value) : nullptr;
}

// What a kprobe's line opens with, and what follows the program's name, with the blank before it.
std::string kprobe_title(const ProcessKprobe& kprobe, const Painter& painter);
std::string kprobe_details(const ProcessKprobe& kprobe, const Painter& painter);

// The system call that an event of raw_syscalls/sys_enter is about: its name, and its arguments when they are known.
std::string syscall_text(const ProcessTracepoint& tracepoint);

}  // namespace tripline
