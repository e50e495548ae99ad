// SPDX-License-Identifier: Apache-2.0
#include "policy/check/parameter.h"

#include <algorithm>
#include <optional>

#include "base/syscalls.h"
#include "policy/check/types.h"

namespace tripline::policy {
namespace {

using Function = Btf::Function;
using Kind = Btf::Kind;

// "kernel_cap_t" of "const kernel_cap_t *": BTF may give the struct behind such a name another, or none.
std::string_view typedef_of(std::string_view pointer) {
  constexpr std::string_view kConst = "const ";
  constexpr std::string_view kStar = " *";
  if (!pointer.ends_with(kStar)) return {};
  pointer.remove_suffix(kStar.size());
  if (pointer.starts_with(kConst)) pointer.remove_prefix(kConst.size());
  return pointer;
}

bool points_to(const Btf::Parameter& parameter, const TypeInfo& how) {
  const Btf::Type& type = parameter.type;
  if (type.kind != Kind::kPointer || (type.pointee != Kind::kStruct && type.pointee != Kind::kUnion))
    return false;
  return std::ranges::any_of(how.pointees, [&](std::string_view name) {
    return !name.empty() && (name == type.pointee_name || name == typedef_of(parameter.spelling));
  });
}

// The parameter nearest to `from` that can be read as such a pointer, as a hint.
std::string parameter_hint(const Function& function, size_t from, const TypeInfo& how) {
  std::optional<size_t> best;
  const auto away = [from](size_t at) { return at > from ? at - from : from - at; };
  for (size_t at = 0; at < function.parameters.size(); ++at) {
    if (points_to(function.parameters[at], how) && (!best || away(at) < away(*best))) best = at;
  }
  if (!best) return "no parameter of " + quoted(function.name) + " is one";
  return "parameter " + std::to_string(*best) + " is one, " + described(function.parameters[*best]) +
         ": write \"index: " + std::to_string(*best) + "\"";
}

}  // namespace

std::string described(const Btf::Parameter& parameter) {
  std::string out = parameter.spelling;
  if (!parameter.name.empty() && !out.ends_with('*')) out += ' ';
  return quoted(out + parameter.name);
}

void check_parameter(const Checking& checking, const Function& function, const Argument& argument,
                     const TypeInfo& how) {
  const uint32_t index = argument.index.value;
  const Btf::Parameter& parameter = function.parameters[index];
  const std::string what =
      "parameter " + std::to_string(index) + " of " + quoted(function.name) + " is " + described(parameter);
  if (!how.pointees[0].empty()) {
    if (points_to(parameter, how)) return;
    checking.out.error(argument.index.span, what + ", not a " + std::string(word(how.type)),
                       std::string(how.from), parameter_hint(function, index, how));
    return;
  }
  const Kind kind = parameter.type.kind;
  if (how.family == ArgFamily::kText) {
    if (kind != Kind::kPointer) {
      checking.out.warning(argument.type.span,
                           what + ", which is not a pointer, and is read as " + std::string(word(how.type)));
    }
    return;
  }
  const bool number = how.family == ArgFamily::kInteger || how.type == DeclaredType::kFd;
  if (!number) return;
  if (kind != Kind::kInt && kind != Kind::kEnum && kind != Kind::kPointer) {
    checking.out.error(argument.index.span, what + ", not an integer", std::string(how.from));
    return;
  }
  if (how.type == DeclaredType::kFd) return;
  const bool listed_so = std::ranges::find(how.spellings, parameter.spelling) != how.spellings.end();
  const uint32_t bits = 8 * (kind == Kind::kPointer ? sizeof(uint64_t) : parameter.type.size);
  if (listed_so || bits == how.integer.bits) return;
  checking.out.warning(
      argument.type.span,
      what + "; as " + std::string(word(how.type)) +
          (bits > how.integer.bits ? " only its low " + std::to_string(how.integer.bits) + " bits are read"
                                   : " more bits are read than it has; the extra ones are undefined"));
}

uint32_t size_of(const Function& function, uint32_t index) {
  const Btf::Type& type = function.parameters[index].type;
  const bool number = type.kind == Kind::kInt || type.kind == Kind::kEnum;
  return number && type.size < sizeof(uint64_t) ? type.size : sizeof(uint64_t);
}

std::string_view syscall_of(std::string_view function) {
  for (const std::string_view prefix : {"__x64_", "sys_"}) {
    if (function.starts_with(prefix)) function.remove_prefix(prefix.size());
  }
  return function;
}

void warn_of_struct(const Checking& checking, const Argument& argument) {
  const DeclaredType type = argument.type.value;
  const ArgFamily family = family_of(type);
  // What bpf() is asked and sets of capabilities have the same form in both.
  if (has_process(type) || family == ArgFamily::kCapabilities || type == DeclaredType::kBpfAttr ||
      family == ArgFamily::kOther)
    return;
  checking.out.warning(argument.type.span,
                       "type " + std::string(word(type)) +
                           " is a struct of the kernel, which no process passes: nothing is read");
}

void check_syscall_argument(const Checking& checking, const Argument& argument, std::string_view call) {
  const uint32_t index = argument.index.value;
  const size_t known = x64_syscall_arguments(syscall_of(call)).value_or(kSyscallArguments);
  if (index < kSyscallArguments && (index + 1 < kSyscallArguments || known == kSyscallArguments)) return;
  const std::string what = known == kSyscallArguments ? "a system call" : quoted(std::string(call));
  checking.out.error(argument.index.span, what + " has no argument with index " + std::to_string(index),
                     "an index from 0 to " + std::to_string(known == 0 ? 0 : known - 1));
}

uint32_t size_of_syscall_argument(std::string_view function, uint32_t index) {
  return x64_syscall_argument_size(syscall_of(function), index).value_or(sizeof(uint64_t));
}

std::string pointer_of_syscall(std::string_view function, uint32_t index) {
  const std::string_view written = x64_syscall_argument(syscall_of(function), index);
  return written.contains('*') ? std::string(written) : std::string();
}

}  // namespace tripline::policy
