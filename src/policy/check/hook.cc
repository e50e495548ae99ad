// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "base/syscalls.h"
#include "policy/check/check.h"
#include "policy/check/escape.h"
#include "policy/check/lists.h"
#include "policy/check/resolve.h"
#include "policy/check/syscall_functions.h"
#include "policy/check/types.h"

namespace tripline::policy {
namespace {

constexpr size_t kShortestText = 2;  // bytes of a message or tag
constexpr size_t kLongestMessage = 256;
constexpr size_t kLongestTag = 128;
constexpr uint32_t kLargestSizeIndex = 15;
constexpr uint32_t kSyscallArguments = 6;
constexpr std::string_view kCurrentTask = "current_task";
constexpr std::string_view kPtRegs = "pt_regs";
constexpr auto kSyscallPrefixes = std::to_array<std::string_view>({"__x64_", "__ia32_", "__arm64_"});

using Function = Btf::Function;
using Kind = Btf::Kind;

// ---- the function

std::string_view syscall_prefix(const Kernel& kernel) {
  return kernel.machine == "aarch64" ? "__arm64_" : "__x64_";
}

// Names that a hook could have meant, without `prefix`: of functions that can be traced, or that have types.
std::vector<std::string_view> candidates(const Checking& checking, std::string_view prefix = {}) {
  std::vector<std::string_view> out;
  if (checking.out.full()) return out;
  const Kernel& kernel = checking.kernel;
  const auto add = [&](std::string_view name) {
    if (name.starts_with(prefix)) out.push_back(name.substr(prefix.size()));
  };
  if (kernel.functions_known) {
    for (const std::string& name : kernel.functions) add(name);
  } else {
    for (const std::string_view name : kernel.btf->function_names()) add(name);
  }
  return out;
}

// The function that a hook is on, and the module it is of; null when it is of the kernel itself.
struct Found {
  Function function;
  const ModuleTypes* module = nullptr;
};

// "NAME [MODULE]" of a function that can be traced and whose module has no types; empty when there is none.
std::string in_module(const Kernel& kernel, const std::string& function) {
  const std::string start = function + " [";
  const auto found = std::ranges::lower_bound(kernel.module_functions, start);
  return found != kernel.module_functions.end() && found->starts_with(start) ? *found : std::string();
}

// Reports a call that this kernel does not have; only a warning when the policy says so.
void report_missing(const Checking& checking, const FunctionHook& hook, std::string message,
                    std::string hint) {
  if (hook.ignore && hook.ignore->call_not_found.value) {
    checking.out.warning(hook.call.span, message + "; the hook is skipped", {}, std::move(hint));
  } else {
    checking.out.error(hook.call.span, std::move(message), {}, std::move(hint));
  }
}

// Is it the name of a function and not that of a system call, too?
bool is_function_alone(const Kernel& kernel, const std::string& name) {
  if (!kernel.btf || kernel.btf->function(std::string(syscall_prefix(kernel)) + name)) return false;
  if (std::ranges::any_of(kSyscallPrefixes, [&](auto prefix) { return name.starts_with(prefix); }))
    return false;
  return kernel.btf->function(name) || kernel.module_of(name) != nullptr;
}

// System calls are hooked at the function that the architecture's entry code calls.
std::optional<Found> find_syscall(const Checking& checking, const FunctionHook& hook) {
  const Btf& btf = *checking.kernel.btf;
  const std::string& call = hook.call.value;
  const std::string_view prefix = syscall_prefix(checking.kernel);
  const bool prefixed =
      std::ranges::any_of(kSyscallPrefixes, [&](auto each) { return call.starts_with(each); });
  const std::string name = prefixed ? call : std::string(prefix) + call;
  if (auto function = btf.function(name); function && checking.kernel.traceable(name))
    return Found{*std::move(function)};
  std::string hint;
  if (!prefixed && btf.function(call)) {
    hint = quoted(call) +
           " is a kernel function, not a system call: add \"syscall: false\" (the default is true)";
  } else if (!prefixed) {
    hint = did_you_mean(call, candidates(checking, prefix));
    if (hint.empty()) {
      const std::string meant = nearest(call, candidates(checking));
      if (!meant.empty()) hint = "did you mean " + quoted(meant) + " with \"syscall: false\"?";
    }
  }
  report_missing(checking, hook,
                 "this kernel has no system call " + quoted(call) + " (looked for " + quoted(name) + ")",
                 hint);
  return std::nullopt;
}

std::optional<Found> find_kernel_function(const Checking& checking, const FunctionHook& hook) {
  const Kernel& kernel = checking.kernel;
  const std::string& call = hook.call.value;
  std::optional<Function> function = kernel.btf->function(call);
  const ModuleTypes* module = function ? nullptr : kernel.module_of(call);
  if (module != nullptr) function = module->btf.function(call);
  if (function && (module != nullptr ? kernel.traceable(call, *module) : kernel.traceable(call)))
    return Found{*std::move(function), module};
  if (function) {
    checking.out.error(hook.call.span, "the kernel function " + quoted(call) + " cannot be traced", {},
                       "it is marked notrace, or its calls are inlined; hook one of its callers, or a "
                       "function that it calls");
    return std::nullopt;
  }
  const std::string untyped = in_module(kernel, call);
  if (!untyped.empty() || std::ranges::binary_search(kernel.functions, call)) {
    checking.out.error(hook.call.span,
                       "the kernel has no type information for " + quoted(untyped.empty() ? call : untyped),
                       {}, "hook one of its callers, or a function that it calls");
    return std::nullopt;
  }
  std::string hint = did_you_mean(call, candidates(checking));
  if (call.starts_with("sys_") && kernel.btf->function(std::string(syscall_prefix(kernel)) + call)) {
    hint = quoted(call) + " is a system call: remove \"syscall: false\"";
  }
  report_missing(checking, hook, "this kernel has no function " + quoted(call), std::move(hint));
  return std::nullopt;
}

// Of a function of a system call that no table leads to.
void warn_of_idle(const Checking& checking, const FunctionHook& hook, const std::string& function) {
  const std::optional<std::string> other = runs_instead(checking.kernel, function);
  if (!other) return;
  const bool is_32 = function.starts_with("__ia32_");
  std::string message =
      (is_32 ? "32-bit programs never call " : "64-bit programs never call ") + quoted(function);
  std::string hint;
  if (!other->empty()) hint = "the system call of that name runs " + quoted(*other);
  if (!is_32 && other->starts_with("__ia32_")) hint = "32-bit programs do, as " + quoted(*other);
  checking.out.warning(hook.call.span, std::move(message), {}, std::move(hint));
}

std::optional<Found> find_function(const Checking& checking, const FunctionHook& hook) {
  const std::string& call = hook.call.value;
  if (call.empty()) {
    checking.out.error(hook.call.span, "the call is empty", "the name of a kernel function");
    return std::nullopt;
  }
  if (!checking.kernel.btf) {
    checking.out.error(hook.call.span, "this kernel has no type information (BTF)", {},
                       "it needs a kernel built with CONFIG_DEBUG_INFO_BTF=y");
    return std::nullopt;
  }
  std::optional<Found> found =
      hook.syscall.value ? find_syscall(checking, hook) : find_kernel_function(checking, hook);
  if (found && found->module == nullptr) warn_of_idle(checking, hook, found->function.name);
  return found;
}

// ---- the arguments

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

// "struct file *file": a parameter as C declares it.
std::string described(const Btf::Parameter& parameter) {
  std::string out = parameter.spelling;
  if (!parameter.name.empty() && !out.ends_with('*')) out += ' ';
  return quoted(out + parameter.name);
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

// Can a declared type be read from this parameter? A pointer must be the right one: what it points to is read.
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

// Where nothing can tell the length of what an argument points to.
void warn_of_no_length(const Checking& checking, const Argument& argument) {
  const DeclaredType type = argument.type.value;
  if (type != DeclaredType::kCharBuf && type != DeclaredType::kCharIovec) return;
  checking.out.warning(argument.type.span,
                       "the length of this " + std::string(word(type)) + " is unknown, so nothing is read");
}

// Null when the type cannot be read; that is reported.
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

// The system call that a function is of, as tables name it.
std::string_view syscall_of(std::string_view function) {
  for (const std::string_view prefix : {"__x64_", "sys_"}) {
    if (function.starts_with(prefix)) function.remove_prefix(prefix.size());
  }
  return function;
}

// What a system call makes of its arguments is not part of BTF. Registers of arguments that it does not have can be
// asked for, but for the last one.
void check_syscall_argument(const Checking& checking, const Argument& argument, std::string_view call) {
  const uint32_t index = argument.index.value;
  const size_t known = x64_syscall_arguments(syscall_of(call)).value_or(kSyscallArguments);
  if (index < kSyscallArguments && (index + 1 < kSyscallArguments || known == kSyscallArguments)) return;
  const std::string what = known == kSyscallArguments ? "a system call" : quoted(std::string(call));
  checking.out.error(argument.index.span, what + " has no argument with index " + std::to_string(index),
                     "an index from 0 to " + std::to_string(known == 0 ? 0 : known - 1));
}

// Only what is in memory can be other at the return than it was at the entry.
bool check_return_copy(const Checking& checking, const Argument& argument, HookKind kind) {
  if (!argument.return_copy.value) return false;
  if (kind == HookKind::kLsm || kind == HookKind::kTracepoint) {
    checking.out.error(
        argument.return_copy.span,
        std::string("returnCopy cannot be used in ") + (kind == HookKind::kLsm ? "lsmhooks" : "tracepoints"),
        "a kprobes or fentries hook");
    return false;
  }
  const DeclaredType type = argument.type.value;
  if (type == DeclaredType::kCharBuf || type == DeclaredType::kCharIovec) return true;
  checking.out.error(argument.return_copy.span,
                     "returnCopy cannot be used with type " + std::string(word(type)),
                     "char_buf or char_iovec");
  return false;
}

// Bytes that a parameter has in its register.
uint32_t size_of(const Function& function, uint32_t index) {
  const Btf::Type& type = function.parameters[index].type;
  const bool number = type.kind == Kind::kInt || type.kind == Kind::kEnum;
  return number && type.size < sizeof(uint64_t) ? type.size : sizeof(uint64_t);
}

// Likewise of an argument of a system call, of which BTF does not tell.
uint32_t size_of_syscall_argument(std::string_view function, uint32_t index) {
  return x64_syscall_argument_size(syscall_of(function), index).value_or(sizeof(uint64_t));
}

// What a system call takes as its argument `index`, "char * buf"; empty for anything but an address.
std::string pointer_of_syscall(std::string_view function, uint32_t index) {
  const std::string_view written = x64_syscall_argument(syscall_of(function), index);
  return written.contains('*') ? std::string(written) : std::string();
}

// Where the length of a buffer is: sizeArgIndex counts from 1, and 0 is none.
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

// The argument behind an address that tells its size, where there is one: the name of an abstract socket has no end of
// its own.
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

}  // namespace

void report_size(const Checking& checking, const Argument& argument, const std::string& what,
                 const std::string& why) {
  checking.out.error(
      argument.size_arg_index.span,
      "sizeArgIndex " + std::to_string(argument.size_arg_index.value) + " means " + what + ", " + why,
      "the index of the length, plus 1");
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
                                  function->parameters[index].type.kind == Kind::kPointer},
         .size = size_source(checking, argument, hook.syscall.value, function),
         .return_copy = check_return_copy(checking, argument, kind),
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

namespace {
// ---- data

std::optional<CheckedArg> check_datum(const Checking& checking, const Argument& datum) {
  CheckedArg out{
      .type = datum.type.value, .place = ArgPlace::kData, .label = datum.label.value, .span = datum.span};
  const bool from_task = datum.source.value == kCurrentTask;
  if (!from_task && datum.source.value != kPtRegs) {
    checking.out.error(
        datum.source.span.line > 0 ? datum.source.span : datum.span,
        datum.source.value.empty() ? "data needs a source" : "unknown source " + quoted(datum.source.value),
        "one of current_task, pt_regs");
    return std::nullopt;
  }
  check_max_data(checking, datum);
  warn_of_no_length(checking, datum);
  if (datum.size_arg_index.value != 0)
    checking.out.warning(datum.size_arg_index.span, "sizeArgIndex has no effect in data");
  out.max_data = has_max_data(datum);
  if (datum.resolve.value.empty()) {
    checking.out.error(datum.span, "data needs \"resolve\"",
                       from_task ? "a path that starts at struct task_struct" : "a register");
    return std::nullopt;
  }
  if (datum.type.value != DeclaredType::kAuto && check_type(checking, datum) == nullptr) return std::nullopt;
  if (!from_task) {
    if (datum.type.value == DeclaredType::kAuto) out.type = DeclaredType::kUint64;
    return resolve_register(checking, datum, out) ? std::optional(out) : std::nullopt;
  }
  const auto task = checking.kernel.btf->structure("task_struct");
  if (!task) {
    checking.out.error(datum.resolve.span, "this kernel's BTF has no struct task_struct");
    return std::nullopt;
  }
  out.source.kind = ArgSource::Kind::kTask;
  Btf::Type pointer{.kind = Kind::kPointer, .size = 8};
  pointer.pointee_id = task->id;
  return resolve_path(checking, datum, {pointer, "the current task"}, out) ? std::optional(out)
                                                                           : std::nullopt;
}

// They stand behind the arguments.
void check_data(const Checking& checking, const FunctionHook& hook, std::vector<CheckedArg>& out) {
  if (!checking.kernel.btf) return;  // told of where the function was looked for
  for (const Argument& datum : hook.data) {
    if (auto checked = check_datum(checking, datum)) out.push_back(*std::move(checked));
  }
}

// ---- the value returned

// Fields that returnArg has no use for: what is returned is read as it is.
void check_result_fields(const Checking& checking, const Argument& result) {
  const auto refuse = [&](const Text& text, std::string_view name) {
    if (text.value.empty()) return;
    checking.out.error(text.span, quoted(name) + " cannot be used in returnArg");
  };
  refuse(result.resolve, "resolve");
  refuse(result.btf_type, "btfType");
  refuse(result.btf_type_module, "btfTypeModule");
  refuse(result.source, "source");
  const auto warn = [&](Span span, bool given, std::string_view name) {
    if (given) checking.out.warning(span, std::string(name) + " has no effect in returnArg");
  };
  warn(result.size_arg_index.span, result.size_arg_index.value != 0, "sizeArgIndex");
  warn(result.return_copy.span, result.return_copy.value, "returnCopy");
  check_max_data(checking, result);
  warn_of_no_length(checking, result);
}

// Absent when the hook does not ask for it.
std::optional<CheckedArg> check_result(const Checking& checking, const FunctionHook& hook,
                                       const std::optional<Function>& function) {
  if (!hook.wants_return.value || !hook.return_arg) return std::nullopt;  // parse() asked for both or none
  const TypeInfo* how = check_type(checking, *hook.return_arg);
  if (how == nullptr) return std::nullopt;
  check_result_fields(checking, *hook.return_arg);
  if (function && !function->result) {
    checking.out.error(hook.wants_return.span, quoted(function->name) + " returns nothing");
  }
  return CheckedArg{
      .type = how->type,
      .source = {.kind = ArgSource::Kind::kResult,
                 .index = function ? static_cast<uint32_t>(function->parameters.size()) : 0,
                 .is_pointer = function && function->result && function->result->kind == Kind::kPointer},
      .max_data = has_max_data(*hook.return_arg),
      .span = hook.return_arg->span};
}

// Letters of ASCII in either case.
bool is_word(std::string_view text, std::string_view word) {
  const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(text, word, {}, small, small);
}

// returnArgAction.
SockTracking check_tracking(const Checking& checking, const FunctionHook& hook,
                            const std::optional<CheckedArg>& result) {
  const Text& action = hook.return_arg_action;
  if (action.value.empty()) return SockTracking::kNone;
  const bool tracks = is_word(action.value, "TrackSock");
  if (!tracks && !is_word(action.value, "UntrackSock")) {
    checking.out.error(action.span, "returnArgAction cannot be " + quoted(action.value),
                       "one of TrackSock, UntrackSock",
                       "leave it out if nothing is to be done with the returned socket");
    return SockTracking::kNone;
  }
  if (!result || !is_socket(result->type)) {
    checking.out.warning(action.span, "returnArgAction has no effect: no socket is returned",
                         "\"return: true\" and returnArg of type sock or socket");
    return SockTracking::kNone;
  }
  return tracks ? SockTracking::kTrack : SockTracking::kUntrack;
}

}  // namespace

// ---- message and tags

std::string check_message(const Checking& checking, const Text& message) {
  const std::string& text = message.value;
  if (!text.empty() && text.size() < kShortestText) {
    checking.out.error(message.span, "this message is too short", "at least 2 bytes");
  }
  if (text.size() > kLongestMessage) {
    checking.out.warning(message.span, "this message has " + std::to_string(text.size()) +
                                           " bytes and is truncated to " + std::to_string(kLongestMessage));
  }
  return escape(std::string_view(text).substr(0, kLongestMessage));
}

std::vector<std::string> check_tags(const Checking& checking, const TextList& tags) {
  std::vector<std::string> out;
  for (const Text& tag : tags) {
    if (tag.value.size() < kShortestText) {
      checking.out.error(tag.span, "this tag is too short", "at least 2 bytes");
    } else if (tag.value.size() > kLongestTag) {
      checking.out.warning(tag.span, "this tag has " + std::to_string(tag.value.size()) +
                                         " bytes and is truncated to " + std::to_string(kLongestTag));
    }
    out.push_back(escape(std::string_view(tag.value).substr(0, kLongestTag)));
  }
  return out;
}

std::optional<CheckedHook> check_hook(const Checking& of_policy, const FunctionHook& hook, HookKind kind) {
  const size_t errors_before = of_policy.out.errors();
  Checking checking = of_policy;
  CheckedHook checked;
  checked.kind = kind;
  checked.call = hook.call.value;
  checked.span = hook.span;
  const std::optional<Found> found = find_function(checking, hook);
  const std::optional<Function> function = found ? std::optional(found->function) : std::nullopt;
  const ModuleTypes* module = found ? found->module : nullptr;
  if (module != nullptr) checking.types = &module->btf;
  checked.args = check_args(checking, hook, kind, function);
  check_data(checking, hook, checked.args);
  checked.result = check_result(checking, hook, function);
  checked.result_tracking = check_tracking(checking, hook, checked.result);
  checked.message = check_message(checking, hook.message);
  checked.tags = check_tags(checking, hook.tags);
  const SelectorOf of{checking, kind, hook.args, hook.data, checked.args, hook.return_arg, checked.result};
  for (const Selector& selector : hook.selectors) checked.selectors.push_back(check_selector(of, selector));
  if (hook.selectors.empty())
    checked.selectors.push_back(
        {.actions = {{.span = hook.span}}, .return_actions = {{.span = hook.span}}, .span = hook.span});
  if (!function) return std::nullopt;
  checked.target = target::Function{function->name, module != nullptr ? module->name : ""};
  checked.parameters = static_cast<uint32_t>(function->parameters.size());
  choose_attachment(checking, hook, *function, checked);
  if (checking.out.errors() != errors_before) return std::nullopt;
  return checked;
}

namespace {

// What a hook on one function takes, about in values.
size_t cost_of(const FunctionHook& hook) {
  constexpr size_t kHookItself = 10;
  size_t out = kHookItself + hook.args.size() + hook.data.size() + hook.tags.size();
  for (const Selector& selector : hook.selectors) out += weight_of(selector);
  return out;
}

}  // namespace

// Every function of the list becomes a hook of its own, all with the position of this one. What is wrong with the
// first of them is most likely wrong with all: only what the first bad one is told is reported.
std::vector<CheckedHook> check_hooks(const Checking& checking, const FunctionHook& hook, HookKind kind,
                                     bool& partial) {
  std::vector<CheckedHook> out;
  const std::optional<std::string_view> name = list_name(hook.call.value);
  if (!name) {
    if (auto checked = check_hook(checking, hook, kind)) out.push_back(*std::move(checked));
    return out;
  }
  const NameList* list = find_list(checking, *name, hook.call.span);
  if (list == nullptr) return out;
  const size_t errors_before = checking.out.errors();
  const ListedCalls& calls = calls_of(checking, *list);
  if (calls.wrong) return out;
  if (calls.names.empty()) {
    checking.out.warning(hook.call.span, "the list " + quoted(*name) + " is empty; the hook is skipped");
  }
  const size_t cost = cost_of(hook);
  bool told = false;
  for (const Text& call : calls.names) {
    if (checking.out.errors() != errors_before) break;
    if (!checking.lists.spend(cost, checking.out, hook.call.span)) break;
    FunctionHook one = hook;
    one.call.value = call.value;
    one.syscall.value =
        calls.syscalls || (hook.syscall.value && !is_function_alone(checking.kernel, call.value));
    if (one.syscall.value != (hook.syscall.value || calls.syscalls) && !std::exchange(told, true)) {
      checking.out.warning(hook.call.span,
                           "the list " + quoted(*name) + " holds functions, which are not system calls",
                           "\"syscall: false\", which is assumed");
    }
    auto checked = check_hook(checking, one, kind);
    if (!checked) {
      partial = true;
      continue;
    }
    checked->call = hook.call.value;
    out.push_back(*std::move(checked));
  }
  share_program(checking, out);
  return out;
}

}  // namespace tripline::policy
