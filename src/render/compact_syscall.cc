// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/syscalls.h"
#include "render/compact_parts.h"

namespace tripline {
namespace {

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
    call = find_i386_syscall(id->id);
    if (call) return fmt::format("i386/{}", call->name);
  } else if (id && id->abi == "x64") {
    call = find_x64_syscall(id->id);
  } else if (number) {
    call = find_x64_syscall(static_cast<uint64_t>(number->value));
  }
  return call ? with_arguments(*call, tracepoint.args) : "unknown";
}

}  // namespace tripline
