// SPDX-License-Identifier: Apache-2.0
#include "serve/compact.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "serve/quote.h"
#include "serve/time.h"

namespace tripline {
namespace {

constexpr int kLabelWidth = 7;
constexpr size_t kLineWidth = 120;  // where the sign for CAP_SYS_ADMIN ends, about
constexpr uint32_t kCapSysAdmin = 21;
constexpr std::string_view kAdminSign = "🛑 CAP_SYS_ADMIN";
constexpr size_t kAdminSignColumns = 15;

enum class Colour { kRed = 31, kGreen = 32, kBlue = 34, kMagenta = 35, kCyan = 36 };

// What is shown of an argument. Of another type than expected, or missing, it shows as empty or zero; so for now do
// those that Argument cannot hold yet (path, string, byte count).
enum class Piece { kNothing, kFile, kPath, kString, kInt, kByteCount, kNamespace };

struct Detail {
  Piece piece = Piece::kNothing;
  size_t arg = 0;
};

// The kernel functions that are shown in a way of their own, without the prefix that an architecture gives its
// system calls: emoji, label, details.
#define TRIPLINE_COMPACT_FUNCTIONS(X)                                                               \
  X("sys_write", "📝", "write", (Detail{Piece::kFile, 0}), (Detail{Piece::kByteCount, 2}))          \
  X("sys_read", "📚", "read", (Detail{Piece::kFile, 0}), (Detail{Piece::kByteCount, 2}))            \
  X("fd_install", "📬", "open", (Detail{Piece::kFile, 1}), {})                                      \
  X("sys_openat", "📬️", "openat", (Detail{Piece::kString, 1}), {})                                  \
  X("sys_open", "📬️", "open", (Detail{Piece::kString, 1}), {})                                      \
  X("sys_close", "📪", "close", (Detail{Piece::kFile, 0}), {})                                      \
  X("sys_mount", "💾", "mount", (Detail{Piece::kString, 0}), (Detail{Piece::kString, 1}))           \
  X("sys_setuid", "🔑", "setuid", (Detail{Piece::kInt, 0}), {})                                     \
  X("sys_clock_settime", "⏰", "clock_settime", {}, {})                                             \
  X("sys_pivot_root", "💾", "pivot_root", (Detail{Piece::kString, 0}), (Detail{Piece::kString, 1})) \
  X("proc_exec_connector", "🔧", "proc_exec_connector", {}, {})                                     \
  X("sys_setns", "🔧", "setns", (Detail{Piece::kNamespace, 1}), {})                                 \
  X("tcp_connect", "🔌", "connect", {}, {})                                                         \
  X("tcp_close", "🧹", "close", {}, {})                                                             \
  X("tcp_sendmsg", "📤", "sendmsg", {}, {})                                                         \
  X("bpf_check", "🐝", "bpf_load", {}, {})                                                          \
  X("security_perf_event_alloc", "🐝", "perf_event_alloc", {}, {})                                  \
  X("security_bpf_map_alloc", "🗺", "bpf_map_create", {}, {})                                       \
  X("security_bpf_map_create", "🗺", "bpf_map_create", {}, {})                                      \
  X("security_file_permission", "❓", "security_file_permission", (Detail{Piece::kFile, 0}), {})    \
  X("security_mmap_file", "❓", "security_mmap_file", (Detail{Piece::kFile, 0}), {})                \
  X("security_path_truncate", "📝", "truncate", (Detail{Piece::kPath, 0}), {})                      \
  X("security_file_truncate", "📝", "truncate", (Detail{Piece::kFile, 0}), {})

struct Row {
  std::string_view function;
  std::string_view emoji;
  std::string_view label;
  Detail details[2];
};

constexpr Row kFunctions[] = {
#define TRIPLINE_COMPACT_ROW(function, emoji, label, first, second) {function, emoji, label, {first, second}},
    TRIPLINE_COMPACT_FUNCTIONS(TRIPLINE_COMPACT_ROW)
#undef TRIPLINE_COMPACT_ROW
};

class Painter {
 public:
  explicit Painter(bool colours) : colours_(colours) {}
  [[nodiscard]] std::string paint(Colour colour, std::string_view text) const {
    if (!colours_ || text.empty()) return std::string(text);
    return fmt::format("\x1b[{}m{}\x1b[0m", static_cast<int>(colour), text);
  }
  [[nodiscard]] std::string title(std::string_view emoji, std::string_view label) const {
    return paint(Colour::kBlue, fmt::format("{} {:<{}}", emoji, label, kLabelWidth));
  }

 private:
  bool colours_;
};

template <typename T>
const T* argument(const ProcessKprobe& kprobe, size_t at) {
  return at < kprobe.args.size() ? std::get_if<T>(&kprobe.args[at].value) : nullptr;
}

std::string_view namespace_kind(int32_t clone_flag) {
  switch (clone_flag) {
    case 0:
      return "any";
    case 0x00000080:
      return "time";
    case 0x00020000:
      return "mnt";
    case 0x02000000:
      return "cgroup";
    case 0x04000000:
      return "uts";
    case 0x08000000:
      return "ipc";
    case 0x10000000:
      return "user";
    case 0x20000000:
      return "pid";
    case 0x40000000:
      return "net";
    default:
      return {};
  }
}

std::string detail_text(const ProcessKprobe& kprobe, const Detail& detail) {
  const auto* file = argument<FileArg>(kprobe, detail.arg);
  const auto* number = argument<IntArg>(kprobe, detail.arg);
  switch (detail.piece) {
    case Piece::kNothing:
    case Piece::kPath:
    case Piece::kString:
      return {};
    case Piece::kByteCount:
      return "0 bytes";
    case Piece::kFile:
      return file ? quote_if_needed(file->path) : "";
    case Piece::kInt:
      return std::to_string(number ? number->value : 0);
    case Piece::kNamespace:
      return std::string(namespace_kind(number ? number->value : 0));
  }
  return {};
}

std::string_view without_syscall_prefix(std::string_view function) {
  for (std::string_view prefix : {"__x64_", "__ia32_", "__arm64_"})
    if (function.starts_with(prefix)) return function.substr(prefix.size());
  return function;
}

Row row_of(const ProcessKprobe& kprobe) {
  constexpr int32_t kMayWrite = 2, kMayRead = 4;
  std::string_view name = without_syscall_prefix(kprobe.function);
  const Row* found = std::ranges::find(kFunctions, name, &Row::function);
  if (found == std::end(kFunctions)) return {"", "❓", "syscall", {{}, {}}};
  Row row = *found;
  if (name == "security_file_permission") {
    const auto* mask = argument<IntArg>(kprobe, 1);
    if (mask && mask->value == kMayWrite) row.emoji = "📝", row.label = "write";
    if (mask && mask->value == kMayRead) row.emoji = "📚", row.label = "read";
  }
  if (name == "security_mmap_file" && kprobe.args.size() > 1) row.emoji = "📝", row.label = "mmap-";
  return row;
}

std::string title(const ProcessExec& /*exec*/, const Painter& painter) {
  return painter.title("🚀", "process");
}
std::string title(const ProcessExit& /*exit*/, const Painter& painter) { return painter.title("💥", "exit"); }
std::string title(const ProcessKprobe& kprobe, const Painter& painter) {
  Row row = row_of(kprobe);
  return painter.title(row.emoji, row.label);
}

std::string details(const ProcessExec& /*exec*/, const std::string& arguments, const Painter& painter) {
  return fmt::format(" {}", painter.paint(Colour::kCyan, arguments));
}

std::string details(const ProcessExit& exit, const std::string& arguments, const Painter& painter) {
  std::string end = exit.signal.empty() ? std::to_string(exit.status) : exit.signal;
  return fmt::format(" {} {}", painter.paint(Colour::kCyan, arguments), painter.paint(Colour::kRed, end));
}

std::string details(const ProcessKprobe& kprobe, const std::string& /*arguments*/, const Painter& painter) {
  Row row = row_of(kprobe);
  if (row.function.empty()) return fmt::format(" {}", kprobe.function);
  std::string text;
  for (const Detail& detail : row.details)
    if (detail.piece != Piece::kNothing)
      text += fmt::format(" {}", painter.paint(Colour::kCyan, detail_text(kprobe, detail)));
  return text;
}

}  // namespace

std::string to_compact(const Event& event, const Node& node, const CompactOptions& options) {
  Painter painter(options.colours);
  const Process& process = *event.process.process;
  std::string line = fmt::format(
      "{} {} {}", std::visit([&](const auto& payload) { return title(payload, painter); }, event.payload),
      painter.paint(Colour::kGreen, node.name),
      painter.paint(Colour::kMagenta, quote_if_needed(process.binary)));
  std::string arguments = quote_if_needed(process.arguments);
  line +=
      std::visit([&](const auto& payload) { return details(payload, arguments, painter); }, event.payload);
  if (process.cap && process.cap->effective >> kCapSysAdmin & 1) {
    size_t used = line.size() + kAdminSignColumns;
    line.append(1 + (used < kLineWidth ? kLineWidth - used : 0), ' ');
    line += painter.paint(Colour::kMagenta, kAdminSign);
  }
  return options.timestamps ? rfc3339_nano(event.time) + " " + line : line;
}

}  // namespace tripline
