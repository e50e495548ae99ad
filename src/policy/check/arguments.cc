// SPDX-License-Identifier: Apache-2.0
#include "policy/check/arguments.h"

#include <algorithm>
#include <array>
#include <string>

#include "policy/check/length.h"
#include "policy/check/parameter.h"
#include "policy/check/resolve.h"
#include "policy/check/user_parameters.h"

namespace tripline::policy {
namespace {

using Function = Btf::Function;
using Kind = Btf::Kind;

// Fields that some arguments have no use for.
void check_argument_fields(const Checking& checking, const Argument& argument) {
  if (!argument.source.value.empty()) {
    checking.out.error(argument.source.span, "\"source\" cannot be used in args", {},
                       "it belongs to \"data\"");
  }
  if (argument.size_arg_index.value > kLargestSizeIndex) {
    checking.out.error(argument.size_arg_index.span,
                       "sizeArgIndex is " + std::to_string(argument.size_arg_index.value), "at most 15");
  }
  if (argument.resolve.value.empty() && !argument.btf_type.value.empty()) {
    checking.out.warning(argument.btf_type.span, "btfType has no effect without resolve");
  }
  const DeclaredType type = argument.type.value;
  check_max_data(checking, argument);
  const bool sized = type == DeclaredType::kCharBuf || type == DeclaredType::kCharIovec;
  if (argument.size_arg_index.value > 0 && argument.size_arg_index.value <= kLargestSizeIndex && !sized) {
    checking.out.warning(argument.size_arg_index.span, "sizeArgIndex has no effect on this type",
                         "type char_buf or char_iovec");
  } else if (argument.size_arg_index.value == 0 && sized && !argument.return_copy.value) {
    checking.out.warning(argument.type.span,
                         "without sizeArgIndex the length is unknown, so nothing is read");
  }
}

// Only what is in memory can be other at the return than it was at the entry.
bool check_return_copy(const Checking& checking, const Argument& argument, HookKind kind,
                       const std::optional<Function>& function) {
  if (!argument.return_copy.value) return false;
  if (kind == HookKind::kLsm || kind == HookKind::kTracepoint) {
    checking.out.error(
        argument.return_copy.span,
        std::string("returnCopy cannot be used in ") + (kind == HookKind::kLsm ? "lsmhooks" : "tracepoints"),
        "a kprobes or fentries hook");
    return false;
  }
  const DeclaredType type = argument.type.value;
  if (type != DeclaredType::kCharBuf && type != DeclaredType::kCharIovec) {
    checking.out.error(argument.return_copy.span,
                       "returnCopy cannot be used with type " + std::string(word(type)),
                       "char_buf or char_iovec");
    return false;
  }
  if (!function || function->result) return true;
  checking.out.error(argument.return_copy.span, quoted(function->name) + " returns nothing",
                     "a function that returns how many bytes are to be read");
  return false;
}

void resolve_argument(const Checking& checking, const FunctionHook& hook, const Argument& argument,
                      const Function& function, CheckedArg& out) {
  if (hook.syscall.value) {
    if (!argument.btf_type.value.empty()) {
      resolve_path(checking, argument, {{}, "an argument of a system call"}, out);
      return;
    }
    checking.out.error(argument.resolve.span, "the type that a system call's argument points to is unknown",
                       "\"btfType\", the struct that the process passes");
    return;
  }
  if (argument.index.value >= function.parameters.size()) return;  // told of already
  const Btf::Parameter& parameter = function.parameters[argument.index.value];
  const std::string what =
      "parameter " + std::to_string(argument.index.value) + " of " + quoted(function.name);
  resolve_path(checking, argument, {parameter.type, what}, out);
}

}  // namespace

const TypeInfo* check_type(const Checking& checking, const Argument& argument) {
  const DeclaredType type = argument.type.value;
  if (argument.type.span.line == 0) {
    checking.out.error(argument.span, "the type of this argument is missing");
    return nullptr;
  }
  constexpr auto kOfTracepoints = std::to_array<DeclaredType>(
      {DeclaredType::kAuto, DeclaredType::kSyscall64, DeclaredType::kDataLoc, DeclaredType::kConstBuf});
  if (std::ranges::find(kOfTracepoints, type) != kOfTracepoints.end()) {
    checking.out.error(argument.type.span, "type " + std::string(word(type)) + " cannot be used here",
                       "a type of kprobes");
    return nullptr;
  }
  const TypeInfo& how = type_info(type);
  if (how.family != ArgFamily::kOther) return &how;
  checking.not_supported(argument.type.span, "type " + std::string(word(type)));
  return nullptr;
}

void warn_of_no_length(const Checking& checking, const Argument& argument) {
  const DeclaredType type = argument.type.value;
  if (type != DeclaredType::kCharBuf && type != DeclaredType::kCharIovec) return;
  checking.out.warning(argument.type.span,
                       "the length of this " + std::string(word(type)) + " is unknown, so nothing is read");
}

bool has_max_data(const Argument& argument) {
  const DeclaredType type = argument.type.value;
  return argument.max_data.value && (type == DeclaredType::kCharBuf || type == DeclaredType::kIovIter);
}

void check_max_data(const Checking& checking, const Argument& argument) {
  if (!argument.max_data.value || has_max_data(argument)) return;
  checking.out.warning(argument.max_data.span, "maxData has no effect on this type",
                       "type char_buf or iov_iter");
}

std::vector<CheckedArg> check_args(const Checking& checking, const FunctionHook& hook, HookKind kind,
                                   const std::optional<Function>& function) {
  std::vector<CheckedArg> out;
  for (const Argument& argument : hook.args) {
    check_argument_fields(checking, argument);
    const uint32_t index = argument.index.value;
    const bool resolved = !argument.resolve.value.empty();
    // The end of the path tells the type, but of these hooks alone.
    const bool untyped = kind == HookKind::kLsm && resolved && argument.type.value == DeclaredType::kAuto;
    const TypeInfo* how = untyped ? nullptr : check_type(checking, argument);
    if (hook.syscall.value) {
      check_syscall_argument(checking, argument, hook.call.value);
      if (function && !resolved && how != nullptr) warn_of_struct(checking, argument);
    } else if (function && index >= function->parameters.size() &&
               argument.type.value != DeclaredType::kNop) {
      const size_t count = function->parameters.size();
      checking.out.error(argument.index.span,
                         quoted(function->name) + " has " + std::to_string(count) +
                             (count == 1 ? " parameter" : " parameters") + "; there is none with index " +
                             std::to_string(index),
                         count == 0 ? "no arguments" : "an index from 0 to " + std::to_string(count - 1));
    } else if (function && how != nullptr && how->family != ArgFamily::kNone && !resolved) {
      check_parameter(checking, *function, argument, *how);
    }
    out.push_back(
        {.type = argument.type.value,
         .source = {.kind = hook.syscall.value ? ArgSource::Kind::kSyscall : ArgSource::Kind::kParameter,
                    .index = index,
                    .is_32 = hook.syscall.value && function && function->name.starts_with("__ia32_"),
                    .is_pointer = !hook.syscall.value && function && index < function->parameters.size() &&
                                  function->parameters[index].type.kind == Kind::kPointer,
                    .of_process = !hook.syscall.value && function && index < function->parameters.size() &&
                                  is_user_parameter(function->name, function->parameters[index])},
         .size = size_source(checking, argument, hook.syscall.value, function),
         .return_copy = check_return_copy(checking, argument, kind, function),
         .max_data = has_max_data(argument),
         .label = argument.label.value,
         .span = argument.span});
    if (argument.type.value == DeclaredType::kFd && !hook.syscall.value && function &&
        index < function->parameters.size()) {
      out.back().source.size = size_of(*function, index);
    }
    if (argument.type.value == DeclaredType::kSockaddrUn && function && !resolved) {
      out.back().size = address_size(hook, *function, index);
    }
    if (resolved && function) resolve_argument(checking, hook, argument, *function, out.back());
  }
  return out;
}

}  // namespace tripline::policy
