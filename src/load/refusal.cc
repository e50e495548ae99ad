// SPDX-License-Identifier: Apache-2.0
#include "load/refusal.h"

#include <linux/capability.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

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
  if (error != std::errc() || !std::string_view(rest, line.data() + line.size()).starts_with(": ("))
    return {};
  return number;
}

// The subprogram that an instruction "N: (85) call pc+OFFSET" calls: where it starts.
std::optional<uint32_t> called_by(std::string_view line, uint32_t instruction) {
  constexpr std::string_view kCall = "call pc+";
  const size_t at = line.find(kCall);
  if (at == std::string_view::npos) return {};
  uint32_t offset = 0;
  const std::string_view digits = line.substr(at + kCall.size());
  if (std::from_chars(digits.data(), digits.data() + digits.size(), offset).ec != std::errc()) return {};
  return instruction + 1 + offset;
}

// Calls `each` with every line of the log up to the statistics at its end.
template <typename Each>
void for_each_line(std::string_view log, const Each& each) {
  while (!log.empty()) {
    const size_t end = std::min(log.find('\n'), log.size());
    const std::string_view line = log.substr(0, end);
    log.remove_prefix(std::min(end + 1, log.size()));
    if (line.starts_with("processed ")) return;
    if (!line.empty()) each(line);
  }
}

// Where instruction `index` of the program itself or of its subprogram comes from; null when that is not known.
const LineInfo* line_of(std::span<const LineInfo> lines, bool in_subprogram, uint32_t index) {
  const LineInfo* best = nullptr;
  for (const LineInfo& line : lines) {
    if (line.function.empty() == in_subprogram || line.instruction > index) continue;
    if (best == nullptr || best->instruction <= line.instruction) best = &line;
  }
  return best == nullptr || best->span.line == 0 ? nullptr : best;
}

std::string place_of(const LineInfo& line) {
  std::string place = line.policy + ":" + std::to_string(line.span.line);
  if (line.span.column > 0) place += ":" + std::to_string(line.span.column);
  return place;
}

// What an author can do about it.
std::string_view remedy(const VerifierWord& word) {
  const auto says = [&](std::string_view part) { return word.line.contains(part); };
  if (says("too large") || says("too complex") || says("too many") || says("insns (limit"))
    return "the hook is too large for this kernel: use fewer selectors or values";
  if (says("unknown func") || says("invalid func") || says("kernel function"))
    return "this kernel lacks a function that the program calls: a newer kernel is needed";
  if (word.argument.empty()) return {};
  if (says("pointer arithmetic") || says("pointer comparison"))
    return "it is a pointer where an integer is needed: check the index";
  return "leave this argument out, or hook another function that has it";
}

}  // namespace

std::string advice(int errnum) {
  if (errnum == ENOSYS) return "this kernel has no bpf(2)";
  if (errnum == ENOMEM) return "the kernel does not have enough memory for it";
  if (errnum != EPERM && errnum != EACCES) return {};
  const uint64_t capabilities = effective_capabilities();
  if (!has(capabilities, CAP_SYS_ADMIN) && (!has(capabilities, CAP_BPF) || !has(capabilities, CAP_PERFMON))) {
    return "this needs the capabilities CAP_BPF and CAP_PERFMON; run it as root";
  }
  const std::string mode = lockdown();
  if (!mode.empty()) return "the kernel is locked down (" + mode + ") and refuses it";
  return "the kernel refuses it even to a privileged process: a container or a security module may be in the "
         "way";
}

VerifierWord last_word(std::string_view log, std::span<const LineInfo> lines) {
  // libbpf puts subprograms behind the program in the order in which they are first called.
  std::set<uint32_t> starts;
  for_each_line(log, [&](std::string_view line) {
    const auto instruction = instruction_of(line);
    if (!instruction) return;
    if (const auto start = called_by(line, *instruction)) starts.insert(*start);
  });
  constexpr uint32_t kNowhere = UINT32_MAX;
  const uint32_t first = starts.empty() ? kNowhere : *starts.begin();
  const uint32_t second = starts.size() < 2 ? kNowhere : *std::next(starts.begin());
  VerifierWord word;
  for_each_line(log, [&](std::string_view line) {
    word.line = line;
    const auto instruction = instruction_of(line);
    if (!instruction) return;
    word.instruction = instruction;
    const bool in_subprogram = *instruction >= first;
    if (*instruction >= second) return;
    const LineInfo* from = line_of(lines, in_subprogram, *instruction - (in_subprogram ? first : 0));
    word.place = from == nullptr ? "" : place_of(*from);
    word.argument = from == nullptr ? "" : from->argument;
  });
  return word;
}

std::string explained(const VerifierWord& word) {
  std::string out = word.place.empty() ? "" : word.place + ": ";
  if (!word.argument.empty()) out += "reading " + word.argument + ": ";
  out += "the verifier says: " + word.line;
  if (word.instruction) out += " (instruction " + std::to_string(*word.instruction) + ")";
  if (const std::string_view help = remedy(word); !help.empty()) out += "; " + std::string(help);
  return out;
}

}  // namespace tripline
