// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "render/compact_parts.h"

namespace tripline {
namespace {

struct Syscall {
  uint32_t number;
  std::string_view name;
  const char* parameters;  // "int fd, void *buf" as the kernel declares them; null: not known
};

// In the order of their numbers.
constexpr Syscall kX64[] = {
#define TRIPLINE_SYSCALL_X64(number, name, parameters) {number, name, parameters},
#define TRIPLINE_SYSCALL_I386(number, name, functions)
#include "base/syscalls.inc"
#undef TRIPLINE_SYSCALL_X64
#undef TRIPLINE_SYSCALL_I386
};

constexpr Syscall kI386[] = {
#define TRIPLINE_SYSCALL_X64(number, name, parameters)
#define TRIPLINE_SYSCALL_I386(number, name, functions) {number, name, nullptr},
#include "base/syscalls.inc"
#undef TRIPLINE_SYSCALL_X64
#undef TRIPLINE_SYSCALL_I386
};

template <size_t size>
const Syscall* find(const Syscall (&table)[size], uint64_t number) {
  const Syscall* found = std::ranges::lower_bound(table, number, {}, &Syscall::number);
  return found != std::end(table) && found->number == number ? found : nullptr;
}

// "int fd=3": `parameter` with the value of the argument that comes after `at` others.
std::string with_value(std::string_view parameter, const std::vector<Argument>& args, size_t at) {
  const auto* value = argument<SizeArg>(args, at);
  if (!value) return fmt::format("{}=?", parameter);
  if (parameter.contains('*')) return fmt::format("{}=0x{:x}", parameter, value->value);
  return fmt::format("{}={}", parameter, value->value);
}

std::string with_arguments(const Syscall& call, const std::vector<Argument>& args) {
  std::string text(call.name);
  if (!call.parameters) return text;
  text += '(';
  std::string_view rest = call.parameters;
  for (size_t at = 1; !rest.empty(); at++) {
    std::string_view parameter = rest.substr(0, rest.find(','));
    rest.remove_prefix(parameter.size() < rest.size() ? parameter.size() + 2 : rest.size());
    if (at > 1) text += ", ";
    text += with_value(parameter, args, at);
  }
  return text + ')';
}

}  // namespace

std::string syscall_text(const ProcessTracepoint& tracepoint) {
  const auto* id = argument<SyscallIdArg>(tracepoint.args, 0);
  const auto* number = argument<LongArg>(tracepoint.args, 0);
  const Syscall* call = nullptr;
  if (id && id->abi == "i386") {
    call = find(kI386, id->id);
    if (call) return fmt::format("i386/{}", call->name);
  } else if (id && id->abi == "x64") {
    call = find(kX64, id->id);
  } else if (number) {
    call = find(kX64, static_cast<uint64_t>(number->value));
  }
  return call ? with_arguments(*call, tracepoint.args) : "unknown";
}

}  // namespace tripline
