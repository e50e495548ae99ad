// SPDX-License-Identifier: Apache-2.0
#include "policy/check/length.h"

#include "base/syscalls.h"
#include "policy/check/parameter.h"

namespace tripline::policy {
namespace {

using Function = Btf::Function;
using Kind = Btf::Kind;

}  // namespace

void report_size(const Checking& checking, const Argument& argument, const std::string& what,
                 const std::string& why) {
  checking.out.error(
      argument.size_arg_index.span,
      "sizeArgIndex " + std::to_string(argument.size_arg_index.value) + " means " + what + ", " + why,
      "the index of the length, plus 1");
}

std::optional<ArgSource> size_source(const Checking& checking, const Argument& argument, bool syscall,
                                     const std::optional<Function>& function) {
  const DeclaredType type = argument.type.value;
  const uint32_t given = argument.size_arg_index.value;
  if (given == 0 || given > kLargestSizeIndex) return std::nullopt;
  if (type != DeclaredType::kCharBuf && type != DeclaredType::kCharIovec) return std::nullopt;
  const uint32_t index = given - 1;
  const bool missing =
      syscall ? index >= (function ? x64_syscall_arguments(syscall_of(function->name)) : std::nullopt)
                             .value_or(kSyscallArguments)
              : function && index >= function->parameters.size();
  if (missing) {
    checking.out.error(argument.size_arg_index.span,
                       "sizeArgIndex " + std::to_string(given) + " means the argument with index " +
                           std::to_string(index) + ", which does not exist",
                       "the index of the length, plus 1");
    return std::nullopt;
  }
  if (syscall) {
    const std::string pointer = function ? pointer_of_syscall(function->name, index) : std::string();
    if (!pointer.empty()) {
      report_size(checking, argument, "argument " + std::to_string(index) + ", " + quoted(pointer),
                  "which is not an integer");
      return std::nullopt;
    }
    return ArgSource{.kind = ArgSource::Kind::kSyscall,
                     .index = index,
                     .size = function ? size_of_syscall_argument(function->name, index)
                                      : static_cast<uint32_t>(sizeof(uint64_t))};
  }
  if (function) {
    const Btf::Parameter& parameter = function->parameters[index];
    if (parameter.type.kind != Kind::kInt && parameter.type.kind != Kind::kEnum) {
      report_size(checking, argument, "parameter " + std::to_string(index) + ", " + described(parameter),
                  "which is not an integer");
      return std::nullopt;
    }
  }
  return ArgSource{.kind = ArgSource::Kind::kParameter,
                   .index = index,
                   .size = function ? size_of(*function, index) : static_cast<uint32_t>(sizeof(uint64_t))};
}

std::optional<ArgSource> address_size(const FunctionHook& hook, const Function& function, uint32_t index) {
  const uint32_t next = index + 1;
  if (hook.syscall.value) {
    const bool known = function.name.ends_with("_sys_connect") || function.name.ends_with("_sys_bind");
    if (!known || next != 2) return std::nullopt;
    return ArgSource{.kind = ArgSource::Kind::kSyscall,
                     .index = next,
                     .size = size_of_syscall_argument(function.name, next)};
  }
  if (next >= function.parameters.size() || next >= kRegisterParameters) return std::nullopt;
  const Btf::Parameter& parameter = function.parameters[next];
  if (parameter.type.kind != Kind::kInt || !parameter.name.ends_with("len")) return std::nullopt;
  return ArgSource{.kind = ArgSource::Kind::kParameter, .index = next};
}

}  // namespace tripline::policy
