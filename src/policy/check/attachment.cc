// SPDX-License-Identifier: Apache-2.0
// How a hook on a kernel function is attached, and whether its Overrides can work.
#include <algorithm>
#include <span>
#include <string>

#include "policy/check/check.h"
#include "policy/check/registers.h"

namespace tripline::policy {
namespace {

using Kind = Btf::Kind;

// A number that takes two registers.
bool is_wide(const Btf::Type& type) { return type.kind == Kind::kInt && type.size > sizeof(uint64_t); }

// A kprobe reads parameters from registers.
void take_registers(const Checking& checking, const FunctionHook& hook, const Btf::Function& function,
                    CheckedHook& checked) {
  if (hook.syscall.value) return;  // all are in memory, and the one pointer to it is in a register
  const auto registers = parameter_registers(*checking.types, function);
  const auto place = [&](ArgSource& source) {
    if (source.index >= registers.size()) return true;  // told of already
    if (!registers[source.index]) return false;
    if (*registers[source.index] != source.index) source.reg = registers[source.index];
    return true;
  };
  const auto refuse = [&](size_t index, const Span& span, std::string_view why) {
    checking.out.error(
        span, "parameter " + std::to_string(index) + " of " + quoted(function.name) + std::string(why));
  };
  constexpr std::string_view kInMemory = " is passed in memory and cannot be read";
  for (size_t n = 0; n < hook.args.size() && n < checked.args.size(); ++n) {
    const Argument& argument = hook.args[n];
    CheckedArg& arg = checked.args[n];
    if (arg.type == ArgType::kNop) continue;
    const uint32_t index = argument.index.value;
    if (!place(arg.source)) {
      refuse(index, argument.index.span, kInMemory);
    } else if (!argument.resolve.value.empty() && argument.btf_type.value.empty() &&
               index < registers.size() && by_value(function.parameters[index].type)) {
      refuse(index, argument.resolve.span, " is a struct passed by value: a path cannot start there");
    }
    if (!arg.size || place(*arg.size)) continue;
    if (argument.size_arg_index.value > 0) {
      refuse(arg.size->index, argument.size_arg_index.span, kInMemory);
    } else {
      arg.size.reset();  // it was only of help
    }
  }
}

// Does the verifier let a typed program load a parameter of this type from its context? Mirrors btf_ctx_access() of
// kernel/bpf/btf.c, Linux 5.10 to 7.3. Where later kernels allow more it may say no: such a load only costs less than
// the other way.
bool typed_can_load(const Kernel& kernel, const Btf::Type& type) {
  if (type.kind != Kind::kPointer) return true;
  switch (type.pointee) {
    case Kind::kVoid:
      return type.between == Btf::Between::kNothing || kernel.version >= kernel_version(6, 16);
    case Kind::kStruct:
    case Kind::kUnion:
      return true;
    case Kind::kInt:
      if (kernel.version >= kernel_version(5, 17)) return true;
      return type.pointee_name == "char" && type.between != Btf::Between::kOther;
    default:
      return false;
  }
}

bool reads_registers(const CheckedHook& hook) {
  return std::ranges::any_of(
      hook.args, [](const CheckedArg& arg) { return arg.source.kind == ArgSource::Kind::kRegister; });
}

// Are they in the struct pt_regs to which the function's one parameter points?
bool reads_syscall_arguments(const CheckedHook& hook) {
  const auto of_syscall = [](const ArgSource& source) { return source.kind == ArgSource::Kind::kSyscall; };
  return std::ranges::any_of(hook.args, [&](const CheckedArg& arg) {
    return of_syscall(arg.source) || (arg.size && of_syscall(*arg.size));
  });
}

// The first Override of the hook that takes effect when it is called; null when there is none.
const Located<ActionKind>* find_override(const FunctionHook& hook) {
  for (const Selector& selector : hook.selectors) {
    for (const Action& action : selector.match_actions) {
      if (action.kind.value == ActionKind::kOverride) return &action.kind;
    }
  }
  return nullptr;
}

// A system call returns at once by way of a kprobe, a security function by fmod_ret; others cannot.
void choose_override(const Checking& checking, const FunctionHook& hook, const Btf::Function& function,
                     const Located<ActionKind>& override, CheckedHook& checked) {
  const Kernel& kernel = checking.kernel;
  if (hook.syscall.value) {
    checked.attachment = Attachment::kKprobe;
    checked.attachment_reason =
        "kprobe, because only bpf_override_return can keep a system call from running";
    const bool allowed =
        kernel.error_injection.empty() || std::ranges::binary_search(kernel.error_injection, function.name);
    if (kernel.features.override_return && kernel.features.kprobe && allowed) return;
    checking.out.error(
        override.span, "this kernel cannot override system calls", {},
        kernel.features.override_return
            ? quoted(function.name) + " is not on the kernel's error injection list"
            : "it needs helper bpf_override_return (CONFIG_BPF_KPROBE_OVERRIDE=y); the LSM hook "
              "behind the call can be overridden in lsmhooks");
    return;
  }
  if (!function.name.starts_with("security_")) {
    checking.out.error(override.span, quoted(function.name) + " cannot be overridden",
                       "a system call, or a function whose name starts with security_", "see lsmhooks");
    return;
  }
  if (reads_registers(checked)) {
    checking.out.error(override.span, "a hook that reads registers cannot override a security function");
  }
  checked.attachment = Attachment::kFmodRet;
  checked.attachment_reason = "fmod_ret, which can replace the function's return value";
  const std::string obstacle = function.result ? fentry_obstacle(function) : "it returns nothing";
  read_saved_arguments(kernel, function, checked);
  if (kernel.features.fmod_ret && obstacle.empty()) return;
  checking.out.error(
      override.span, quoted(function.name) + " cannot be overridden on this kernel", {},
      kernel.features.fmod_ret ? obstacle : "it needs fmod_ret programs (CONFIG_FUNCTION_TRACER, Linux 5.7)");
}

// A hook on a call that its own policy enforces can do so itself, when its program can be attached in the same way.
bool enforce_at_hook(const Checking& checking, const FunctionHook& hook, const Btf::Function& function,
                     CheckedHook& checked) {
  if (checked.kind != HookKind::kKprobe || !notifies(checked)) return false;
  const CheckedHook* enforced = enforced_call(checking, full_name(checked.target));
  if (enforced == nullptr) return false;
  const bool typed = enforced->attachment == Attachment::kFmodRet;
  if (typed && reads_registers(checked)) return false;
  if (typed && reads_syscall_arguments(checked) &&
      !typed_can_load(checking.kernel, function.parameters[0].type))
    return false;
  checked.attachment = enforced->attachment;
  checked.attachment_reason = enforced->attachment_reason + "; NotifyEnforcer acts there at once";
  if (typed) {
    read_saved_arguments(checking.kernel, function, checked);
  } else {
    take_registers(checking, hook, function, checked);
  }
  return true;
}

}  // namespace

std::string fentry_obstacle(const Btf::Function& function) {
  if (function.variadic) return "it takes a variable number of arguments";
  if (function.parameters.size() > kRegisterParameters) {
    return "it has " + std::to_string(function.parameters.size()) + " parameters, more than fit in registers";
  }
  for (size_t at = 0; at < function.parameters.size(); ++at) {
    if (by_value(function.parameters[at].type))
      return "parameter " + std::to_string(at) + " is a struct passed by value";
  }
  if (std::ranges::any_of(function.parameters, [](const auto& each) { return is_wide(each.type); }) ||
      (function.result && is_wide(*function.result)))
    return "one of its integers takes two registers";
  if (function.result && by_value(*function.result)) return "it returns a struct by value";
  return {};
}

void read_saved_arguments(const Kernel& kernel, const Btf::Function& function, CheckedHook& checked) {
  const auto mark = [&](ArgSource& source) {
    const Btf::Type* type = nullptr;
    if (source.kind == ArgSource::Kind::kParameter && source.index < function.parameters.size())
      type = &function.parameters[source.index].type;
    if (source.kind == ArgSource::Kind::kResult && function.result) type = &*function.result;
    if (type == nullptr || typed_can_load(kernel, *type)) return;
    source.saved = true;
    source.is_pointer = false;
  };
  for (CheckedArg& arg : checked.args) {
    mark(arg.source);
    if (arg.size) mark(*arg.size);
  }
  if (!checked.result) return;
  mark(checked.result->source);
  // What is declared a file need not be one: its address is a number then.
  const bool file = function.result && function.result->kind == Kind::kPointer &&
                    function.result->pointee == Kind::kStruct && function.result->pointee_name == "file";
  if (checked.result->type != ArgType::kFile || file) return;
  checked.result->source.saved = true;
  checked.result->source.is_pointer = false;
}

void choose_attachment(const Checking& checking, const FunctionHook& hook, const Btf::Function& function,
                       CheckedHook& checked) {
  if (const Located<ActionKind>* override = find_override(hook)) {
    choose_override(checking, hook, function, *override, checked);
    const CheckedHook* enforced = enforced_call(checking, full_name(checked.target));
    if (enforced != nullptr && enforced->attachment == checked.attachment) act_directly(checked);
    return;
  }
  if (enforce_at_hook(checking, hook, function, checked)) {
    act_directly(checked);
    return;
  }
  const Features& features = checking.kernel.features;
  std::string obstacle = fentry_obstacle(function);
  if (obstacle.empty() && reads_syscall_arguments(checked) &&
      !typed_can_load(checking.kernel, function.parameters[0].type))
    obstacle = "the kernel does not let such programs read parameter 0, a " +
               quoted(function.parameters[0].spelling);
  if (reads_registers(checked)) obstacle = "its data is read from registers";
  if (features.fentry && obstacle.empty()) {
    checked.attachment = Attachment::kFentry;
    checked.attachment_reason = "fentry is the cheapest hook on a function whose types are known";
    read_saved_arguments(checking.kernel, function, checked);
  } else if (features.kprobe) {
    checked.attachment = Attachment::kKprobe;
    checked.attachment_reason = features.fentry
                                    ? "kprobe, because fentry cannot be used: " + obstacle
                                    : "kprobe, because fentry programs cannot be attached on this kernel";
    take_registers(checking, hook, function, checked);
  } else {
    checking.out.error(hook.call.span, quoted(function.name) + " cannot be hooked on this kernel", {},
                       features.fentry
                           ? "fentry cannot be used, " + obstacle + ", and kprobes need CONFIG_KPROBES=y"
                           : "neither fentry (CONFIG_FUNCTION_TRACER, Linux 5.5) nor kprobe programs "
                             "(CONFIG_KPROBES) can be attached; lockdown forbids both");
  }
}

}  // namespace tripline::policy
