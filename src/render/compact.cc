// SPDX-License-Identifier: Apache-2.0
#include "render/compact.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "base/hashed_hooks.h"
#include "render/compact_parts.h"
#include "render/quote.h"
#include "render/time.h"

namespace tripline {
namespace {

constexpr size_t kLineWidth = 120;  // where the sign for CAP_SYS_ADMIN ends, about
constexpr uint32_t kCapSysAdmin = 21;
constexpr std::string_view kAdminSign = "🛑 CAP_SYS_ADMIN";
constexpr size_t kAdminSignColumns = 15;

bool is_syscall_entry(const ProcessTracepoint& tracepoint) {
  return tracepoint.subsys == "raw_syscalls" && tracepoint.event == "sys_enter";
}

std::string title(const ProcessExec& /*exec*/, const Painter& painter) {
  return painter.title("🚀", "process");
}
std::string title(const ProcessExit& /*exit*/, const Painter& painter) { return painter.title("💥", "exit"); }
std::string title(const ProcessKprobe& kprobe, const Painter& painter) {
  return kprobe_title(kprobe, painter);
}
std::string title(const ProcessTracepoint& tracepoint, const Painter& painter) {
  // The sign is narrow: a second blank keeps the columns.
  return is_syscall_entry(tracepoint) ? painter.title("☎ ", "syscall") : painter.title("⁉️", "tracepoint");
}
std::string title(const ProcessLsm& /*lsm*/, const Painter& painter) { return painter.title("🔒", "LSM"); }
std::string title(const ProcessUprobe& /*uprobe*/, const Painter& painter) {
  return painter.title("🕵️", "uprobe");
}
std::string title(const ProcessUsdt& /*usdt*/, const Painter& painter) { return painter.title("🕵️", "usdt"); }
std::string title(const ProcessLoader& /*loader*/, const Painter& painter) {
  return painter.title("🧬", "loader");
}
std::string title(const ProcessThrottle& /*throttle*/, const Painter& painter) {
  return painter.title("🧬", "throttle", Colour::kRed);
}

std::string details(const ProcessExec& /*exec*/, const std::string& arguments, const Painter& painter) {
  return fmt::format(" {}", painter.paint(Colour::kCyan, arguments));
}

std::string details(const ProcessExit& exit, const std::string& arguments, const Painter& painter) {
  std::string end = exit.signal.empty() ? std::to_string(exit.status) : exit.signal;
  return fmt::format(" {} {}", painter.paint(Colour::kCyan, arguments), painter.paint(Colour::kRed, end));
}

std::string details(const ProcessKprobe& kprobe, const std::string& /*arguments*/, const Painter& painter) {
  return kprobe_details(kprobe, painter);
}

std::string details(const ProcessTracepoint& tracepoint, const std::string& /*arguments*/,
                    const Painter& /*painter*/) {
  if (is_syscall_entry(tracepoint)) return " " + syscall_text(tracepoint);
  return fmt::format(" {} {}", tracepoint.subsys, tracepoint.event);
}

std::string details(const ProcessLsm& lsm, const std::string& /*arguments*/, const Painter& /*painter*/) {
  return fmt::format(" {}", lsm.function);
}

std::string details(const ProcessUprobe& uprobe, const std::string& /*arguments*/,
                    const Painter& /*painter*/) {
  return fmt::format(" {} {}", quote_if_needed(uprobe.path), quote_if_needed(uprobe.symbol));
}

std::string details(const ProcessUsdt& usdt, const std::string& /*arguments*/, const Painter& /*painter*/) {
  return fmt::format(" {} {} {}", quote_if_needed(usdt.path), quote_if_needed(usdt.provider),
                     quote_if_needed(usdt.name));
}

std::string details(const ProcessLoader& loader, const std::string& /*arguments*/, const Painter& painter) {
  std::string digits = loader.build_id.empty() ? "" : " ";
  for (const char byte : loader.build_id) digits += fmt::format("{:02x}", static_cast<uint8_t>(byte));
  return fmt::format("{} {}", digits, painter.paint(Colour::kYellow, quote_if_needed(loader.path)));
}

std::string details(const ProcessThrottle& throttle, const std::string& /*arguments*/,
                    const Painter& /*painter*/) {
  std::string_view type = throttle.type == ProcessThrottle::Type::kStart  ? "START"
                          : throttle.type == ProcessThrottle::Type::kStop ? "STOP "
                                                                          : "UNKNOWN";
  return fmt::format(" {} {}", type, quote_if_needed(throttle.cgroup));
}

void add_stacks(std::string& text, const ProcessKprobe& kprobe) {
  if (!kprobe.kernel_stack.empty()) text += "\nKernel:";
  for (const StackFrame& frame : kprobe.kernel_stack)
    text += fmt::format("\n   0x{:x}: {}+0x{:x}", frame.address, frame.symbol, frame.offset);
  if (!kprobe.user_stack.empty()) text += "\nUser:";
  for (const StackFrame& frame : kprobe.user_stack) {
    text += fmt::format("\n   0x{:x}: ", frame.address);
    if (!frame.symbol.empty()) text.append(quote_if_needed(frame.symbol)).append(" ");
    text += fmt::format("({}+0x{:x})", quote_if_needed(frame.module), frame.offset);
  }
}

void add_hash(std::string& text, const ProcessLsm& lsm) {
  if (lsm.ima_hash.empty() || std::ranges::find(kHashedHooks, lsm.function) == kHashedHooks.end()) return;
  const auto* file = argument<FileArg>(lsm.args, 0);
  const auto* program = argument<LinuxBinprmArg>(lsm.args, 0);
  if (!file && !program) return;
  text += fmt::format("\n   {} {}", quote_if_needed(file ? file->path : program->path), lsm.ima_hash);
}

// At the end of the line. In colour its place is filled where there is none, too, and what sets the colour takes room.
void add_sign(std::string& line, const Process& process, const Painter& painter) {
  const bool is_admin = process.cap && (process.cap->effective >> kCapSysAdmin & 1) != 0;
  const std::string sign = painter.paint(Colour::kMagenta, is_admin ? kAdminSign : "");
  if (sign.empty()) return;
  const size_t unseen = sign.size() - (is_admin ? kAdminSign.size() : 0);
  const size_t used = line.size() + (is_admin ? kAdminSignColumns : 0) + unseen;
  line.append(1 + (used < kLineWidth ? kLineWidth - used : 0), ' ');
  line += sign;
}

// The lines that follow the event's own.
std::string more_lines(const Payload& payload, const CompactOptions& options) {
  std::string text;
  if (const auto* kprobe = std::get_if<ProcessKprobe>(&payload); kprobe && options.stack_traces)
    add_stacks(text, *kprobe);
  if (const auto* lsm = std::get_if<ProcessLsm>(&payload); lsm && options.ima_hash) add_hash(text, *lsm);
  return text;
}

}  // namespace

std::string to_compact(const Event& event, const Node& node, const CompactOptions& options) {
  Painter painter(options.colours);
  std::string line = std::visit([&](const auto& payload) { return title(payload, painter); }, event.payload);
  std::string arguments;
  if (const Process* process = event.process.process.get()) {
    const std::string source =
        process->pod ? process->pod->of->name_space + "/" + process->pod->of->name : node.name;
    line += fmt::format(" {} {}", painter.paint(Colour::kGreen, source),
                        painter.paint(Colour::kMagenta, quote_if_needed(process->binary)));
    arguments = quote_if_needed(process->arguments);
  }
  line +=
      std::visit([&](const auto& payload) { return details(payload, arguments, painter); }, event.payload);
  if (const Process* process = event.process.process.get()) add_sign(line, *process, painter);
  line += more_lines(event.payload, options);
  return options.timestamps ? std::string(rfc3339_nano(event.time)) + " " + line : line;
}

}  // namespace tripline
