// SPDX-License-Identifier: Apache-2.0
#include "load/refusal.h"

#include <linux/capability.h>

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace tripline {
namespace {

std::string read_text(const char* path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

uint64_t effective_capabilities() {
  const std::string status = read_text("/proc/self/status");
  const size_t at = status.find("CapEff:");
  return at == std::string::npos ? 0 : std::strtoull(status.c_str() + at + 7, nullptr, 16);
}

bool has(uint64_t capabilities, int capability) { return capabilities >> capability & 1; }

// "integrity" or "confidentiality" when the kernel is locked down, else "".
std::string lockdown() {
  const std::string modes = read_text("/sys/kernel/security/lockdown");
  const size_t begin = modes.find('[');
  const size_t end = modes.find(']');
  if (begin == std::string::npos || end == std::string::npos || end < begin) return {};
  const std::string mode = modes.substr(begin + 1, end - begin - 1);
  return mode == "none" ? std::string() : mode;
}

// The number that opens "NUMBER: (..." as the verifier prints an instruction.
std::optional<uint32_t> instruction_of(std::string_view line) {
  uint32_t number = 0;
  const auto [rest, error] = std::from_chars(line.data(), line.data() + line.size(), number);
  if (error != std::errc() || !std::string_view(rest, line.data() + line.size()).starts_with(": (")) return {};
  return number;
}

}  // namespace

std::string advice(int errnum) {
  if (errnum == ENOSYS) return "this kernel has no bpf(2)";
  if (errnum == ENOMEM) return "the kernel has not enough memory for it";
  if (errnum != EPERM && errnum != EACCES) return {};
  const uint64_t capabilities = effective_capabilities();
  if (!has(capabilities, CAP_SYS_ADMIN) && (!has(capabilities, CAP_BPF) || !has(capabilities, CAP_PERFMON))) {
    return "this needs the capabilities CAP_BPF and CAP_PERFMON; run it as root";
  }
  const std::string mode = lockdown();
  if (!mode.empty()) return "the kernel is locked down (" + mode + ") and refuses it";
  return "the kernel refuses it even to a privileged process; are we in a container, or is a security module "
         "in the way?";
}

VerifierWord last_word(std::string_view log) {
  VerifierWord word;
  while (!log.empty()) {
    const size_t end = log.find('\n');
    const std::string_view line = log.substr(0, end);
    log.remove_prefix(end == std::string_view::npos ? log.size() : end + 1);
    if (line.starts_with("processed ")) break;  // statistics, after the last word
    if (const auto instruction = instruction_of(line)) word.instruction = instruction;
    if (!line.empty()) word.line = line;
  }
  return word;
}

std::string policy_place(std::span<const LineInfo> lines, uint32_t instruction) {
  const LineInfo* best = nullptr;
  for (const LineInfo& line : lines) {
    if (line.instruction <= instruction && (best == nullptr || best->instruction <= line.instruction)) best = &line;
  }
  if (best == nullptr) return {};
  return best->policy + ":" + std::to_string(best->span.line) + ":" + std::to_string(best->span.column);
}

}  // namespace tripline
