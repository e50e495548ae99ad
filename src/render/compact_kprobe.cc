// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include "render/compact_parts.h"
#include "render/quote.h"

namespace tripline {
namespace {

// What is shown of an argument. One that is missing or of another type shows as empty or zero.
enum class Piece : uint8_t {
  kNothing,
  kFile,
  kPath,
  kString,
  kInt,
  kByteCount,  // "N bytes"; nothing where no size was asked for
  kNamespace,
  kTuple,    // addresses and ports of a socket
  kBytes,    // "bytes N"
  kProgram,  // of BPF
  kMap,      // of BPF
  kPerfEvent,
};

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
  X("tcp_connect", "🔌", "connect", (Detail{Piece::kTuple, 0}), {})                                 \
  X("tcp_close", "🧹", "close", (Detail{Piece::kTuple, 0}), {})                                     \
  X("tcp_sendmsg", "📤", "sendmsg", (Detail{Piece::kTuple, 0}), (Detail{Piece::kBytes, 1}))         \
  X("bpf_check", "🐝", "bpf_load", (Detail{Piece::kProgram, 0}), {})                                \
  X("security_perf_event_alloc", "🐝", "perf_event_alloc", (Detail{Piece::kPerfEvent, 0}), {})      \
  X("security_bpf_map_alloc", "🗺", "bpf_map_create", (Detail{Piece::kMap, 0}), {})                 \
  X("security_bpf_map_create", "🗺", "bpf_map_create", (Detail{Piece::kMap, 0}), {})                \
  X("security_file_permission", "❓", "security_file_permission", (Detail{Piece::kFile, 0}), {})    \
  X("security_mmap_file", "❓", "security_mmap_file", (Detail{Piece::kFile, 0}), {})                \
  X("security_path_truncate", "📝", "truncate", (Detail{Piece::kPath, 0}), {})                      \
  X("security_file_truncate", "📝", "truncate", (Detail{Piece::kFile, 0}), {})

struct Row {
  std::string_view function;
  std::string_view emoji;
  std::string label;
  Detail details[2];
};

struct ConstantRow {
  std::string_view function;
  std::string_view emoji;
  std::string_view label;
  Detail details[2];
};

constexpr ConstantRow kFunctions[] = {
#define TRIPLINE_COMPACT_ROW(function, emoji, label, first, second) {function, emoji, label, {first, second}},
    TRIPLINE_COMPACT_FUNCTIONS(TRIPLINE_COMPACT_ROW)
#undef TRIPLINE_COMPACT_ROW
};

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

std::string detail_text(const std::vector<Argument>& args, const Detail& detail) {
  // Of what is not there, everything is empty or zero.
  auto get = [&]<typename T>(const T& none) {
    const T* found = argument<T>(args, detail.arg);
    return found ? *found : none;
  };
  switch (detail.piece) {
    case Piece::kNothing:
      return {};
    case Piece::kFile:
      return quote_if_needed(get(FileArg{}).path);
    case Piece::kPath:
      return quote_if_needed(get(PathArg{}).path);
    case Piece::kString:
      return quote_if_needed(get(StringArg{}).value);
    case Piece::kInt:
      return std::to_string(get(IntArg{}).value);
    case Piece::kByteCount: {
      const auto* size = argument<SizeArg>(args, detail.arg);
      return size ? fmt::format("{} bytes", size->value) : std::string();
    }
    case Piece::kNamespace:
      return std::string(namespace_kind(get(IntArg{}).value));
    case Piece::kTuple: {
      const SockArg sock = get(SockArg{});
      return fmt::format("tcp {}:{} -> {}:{}", sock.saddr, sock.sport, sock.daddr, sock.dport);
    }
    case Piece::kBytes:
      return fmt::format("bytes {}", get(IntArg{}).value);
    case Piece::kProgram: {
      const BpfAttrArg program = get(BpfAttrArg{});
      return fmt::format("{} {} instruction count {}", program.prog_type, quote_if_needed(program.prog_name),
                         program.insn_cnt);
    }
    case Piece::kMap: {
      const BpfMapArg map = get(BpfMapArg{});
      return fmt::format("{} {} key size {} value size {} max entries {}", map.map_type,
                         quote_if_needed(map.map_name), map.key_size, map.value_size, map.max_entries);
    }
    case Piece::kPerfEvent: {
      const PerfEventArg event = get(PerfEventArg{});
      return fmt::format("{} {}", event.type, quote_if_needed(event.kprobe_func));
    }
  }
  return {};
}

std::string_view without_syscall_prefix(std::string_view function) {
  for (std::string_view prefix : {"__x64_", "__ia32_", "__arm64_"})
    if (function.starts_with(prefix)) function.remove_prefix(prefix.size());
  constexpr std::string_view kCompat = "compat_";
  if (function.starts_with("compat_sys_")) function.remove_prefix(kCompat.size());
  return function;
}

Row row_of(const ProcessKprobe& kprobe) {
  constexpr int32_t kMayWrite = 2, kMayRead = 4;
  constexpr uint32_t kProtRead = 1, kProtWrite = 2, kProtExec = 4;
  std::string_view name = without_syscall_prefix(kprobe.function);
  const ConstantRow* found = std::ranges::find(kFunctions, name, &ConstantRow::function);
  if (found == std::end(kFunctions)) return {"", "❓", "syscall", {{}, {}}};
  Row row{found->function, found->emoji, std::string(found->label), {found->details[0], found->details[1]}};
  if (name == "security_file_permission") {
    const auto* mask = argument<IntArg>(kprobe.args, 1);
    if (mask && mask->value == kMayWrite) row.emoji = "📝", row.label = "write";
    if (mask && mask->value == kMayRead) row.emoji = "📚", row.label = "read";
  }
  if (name == "security_mmap_file" && kprobe.args.size() > 1) {
    const auto* access = argument<UintArg>(kprobe.args, 1);
    const uint32_t bits = access ? access->value : 0;
    row.emoji = "📝", row.label = "mmap-";
    if (bits & kProtRead) row.label += 'r';
    if (bits & kProtWrite) row.label += 'w';
    if (bits & kProtExec) row.label += 'x';
  }
  return row;
}

}  // namespace

std::string kprobe_title(const ProcessKprobe& kprobe, const Painter& painter) {
  Row row = row_of(kprobe);
  return painter.title(row.emoji, row.label);
}

std::string kprobe_details(const ProcessKprobe& kprobe, const Painter& painter) {
  Row row = row_of(kprobe);
  if (row.function.empty()) return fmt::format(" {}", kprobe.function);
  std::string text;
  for (const Detail& detail : row.details)
    if (detail.piece != Piece::kNothing)
      text += fmt::format(" {}", painter.paint(Colour::kCyan, detail_text(kprobe.args, detail)));
  return text;
}

}  // namespace tripline
