// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "policy/check.h"
#include "policy/escape.h"

namespace tripline::policy {
namespace {

constexpr size_t kShortestText = 2;  // bytes of a message or tag
constexpr size_t kLongestMessage = 256;
constexpr size_t kLongestTag = 128;
constexpr uint32_t kLargestSizeIndex = 15;
constexpr size_t kRegisterParameters = 6;  // what trampolines pass on, and what a kprobe finds in registers
constexpr std::string_view kListPrefix = "list:";
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

bool in_module(const Kernel& kernel, const std::string& function) {
  const std::string start = function + " [";
  const auto found = std::ranges::lower_bound(kernel.module_functions, start);
  return found != kernel.module_functions.end() && found->starts_with(start);
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

// System calls are hooked at the function that the architecture's entry code calls.
std::optional<Function> find_syscall(const Checking& checking, const FunctionHook& hook) {
  const Btf& btf = *checking.kernel.btf;
  const std::string& call = hook.call.value;
  const std::string_view prefix = syscall_prefix(checking.kernel);
  const bool prefixed =
      std::ranges::any_of(kSyscallPrefixes, [&](auto each) { return call.starts_with(each); });
  const std::string name = prefixed ? call : std::string(prefix) + call;
  if (btf.function(name)) {
    checking.not_supported(hook.call.span, "a system call (\"syscall: true\", the default)");
    return std::nullopt;
  }
  std::string hint;
  if (!prefixed && btf.function(call)) {
    hint = quoted(call) + " is a function of the kernel: add \"syscall: false\" (the default is true)";
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

std::optional<Function> find_kernel_function(const Checking& checking, const FunctionHook& hook) {
  const Kernel& kernel = checking.kernel;
  const std::string& call = hook.call.value;
  std::optional<Function> function = kernel.btf->function(call);
  if (function && kernel.traceable(call)) return function;
  if (function) {
    checking.out.error(
        hook.call.span, "the kernel function " + quoted(call) + " cannot be traced", {},
        "it is marked notrace, or its calls are inlined; hook a function that it calls, or a caller");
    return std::nullopt;
  }
  if (in_module(kernel, call)) {
    checking.not_supported(hook.call.span, "a function of a module (" + quoted(call) + ")");
    return std::nullopt;
  }
  if (std::ranges::binary_search(kernel.functions, call)) {
    checking.out.error(hook.call.span, "the kernel has no type information for " + quoted(call), {},
                       "hook a function that it calls, or a caller");
    return std::nullopt;
  }
  std::string hint = did_you_mean(call, candidates(checking));
  if (call.starts_with("sys_") && kernel.btf->function(std::string(syscall_prefix(kernel)) + call)) {
    hint = quoted(call) + " is a system call: leave \"syscall: false\" out";
  }
  report_missing(checking, hook, "this kernel has no function " + quoted(call), std::move(hint));
  return std::nullopt;
}

std::optional<Function> find_function(const Checking& checking, const FunctionHook& hook) {
  const std::string& call = hook.call.value;
  if (call.empty()) {
    checking.out.error(hook.call.span, "the call is empty", "the name of a kernel function");
    return std::nullopt;
  }
  if (call.starts_with(kListPrefix)) {
    const std::string_view name = std::string_view(call).substr(kListPrefix.size());
    std::vector<std::string_view> lists;
    lists.reserve(checking.policy.spec.lists.size());
    for (const NameList& list : checking.policy.spec.lists) lists.push_back(list.name.value);
    if (std::ranges::find(lists, name) == lists.end()) {
      checking.out.error(hook.call.span, "there is no list " + quoted(name), {}, did_you_mean(name, lists));
    } else {
      checking.not_supported(hook.call.span, "a list in \"call\"");
    }
    return std::nullopt;
  }
  if (!checking.kernel.btf) {
    checking.out.error(hook.call.span, "this kernel has no type information (BTF)", {},
                       "it needs a kernel built with CONFIG_DEBUG_INFO_BTF=y");
    return std::nullopt;
  }
  return hook.syscall.value ? find_syscall(checking, hook) : find_kernel_function(checking, hook);
}

// ---- the arguments

// How a declared type is read, and what it can be read from.
struct Readable {
  DeclaredType declared;
  ArgType type;
  std::string_view from;                      // for messages
  std::string_view pointee;                   // of a pointer to a struct: its name; empty: an integer
  std::array<std::string_view, 8> spellings;  // integers that are read without a warning
};

constexpr auto kReadable = std::to_array<Readable>({
    {DeclaredType::kInt,
     ArgType::kInt32,
     "an integer of 32 bits",
     "",
     {"int", "unsigned int", "long", "unsigned long", "uid_t", "gid_t", "u32", "s32"}},
    {DeclaredType::kInt32, ArgType::kInt32, "an integer of 32 bits", "", {"int", "s32"}},
    {DeclaredType::kFile, ArgType::kFile, "struct file *", "file", {}},
});

const Readable* readable(DeclaredType declared) {
  const auto found = std::ranges::find(kReadable, declared, &Readable::declared);
  return found == kReadable.end() ? nullptr : found;
}

bool points_to(const Btf::Type& type, std::string_view name) {
  return type.kind == Kind::kPointer && (type.pointee == Kind::kStruct || type.pointee == Kind::kUnion) &&
         type.pointee_name == name;
}

// "struct file *file": a parameter as C declares it.
std::string described(const Btf::Parameter& parameter) {
  std::string out = parameter.spelling;
  if (!parameter.name.empty() && !out.ends_with('*')) out += ' ';
  return quoted(out + parameter.name);
}

// The parameter nearest to `from` that is a pointer to `pointee`, as a hint.
std::string parameter_hint(const Function& function, size_t from, std::string_view pointee) {
  std::optional<size_t> best;
  const auto away = [from](size_t at) { return at > from ? at - from : from - at; };
  for (size_t at = 0; at < function.parameters.size(); ++at) {
    if (points_to(function.parameters[at].type, pointee) && (!best || away(at) < away(*best))) best = at;
  }
  if (!best) return "no parameter of " + quoted(function.name) + " is one";
  return "parameter " + std::to_string(*best) + " is one, " + described(function.parameters[*best]) +
         ": write \"index: " + std::to_string(*best) + "\"";
}

// Can a declared type be read from this parameter? A pointer must be the right one: what it points to is read.
void check_parameter(const Checking& checking, const Function& function, const Argument& argument,
                     const Readable& how) {
  const uint32_t index = argument.index.value;
  const Btf::Parameter& parameter = function.parameters[index];
  const std::string what =
      "parameter " + std::to_string(index) + " of " + quoted(function.name) + " is " + described(parameter);
  if (!how.pointee.empty()) {
    if (points_to(parameter.type, how.pointee)) return;
    checking.out.error(argument.index.span, what + ", not a " + std::string(word(how.declared)),
                       std::string(how.from), parameter_hint(function, index, how.pointee));
    return;
  }
  const Kind kind = parameter.type.kind;
  if (kind != Kind::kInt && kind != Kind::kEnum && kind != Kind::kPointer) {
    checking.out.error(argument.index.span, what + ", not an integer", std::string(how.from));
    return;
  }
  const bool listed_so = std::ranges::find(how.spellings, parameter.spelling) != how.spellings.end();
  const bool same_width = kind != Kind::kPointer && parameter.type.size == 4;
  if (!listed_so && !same_width) {
    checking.out.warning(argument.type.span,
                         what + "; as " + std::string(word(how.declared)) + " only its low 32 bits are read");
  }
}

// Fields that are built for no argument yet.
void check_argument_fields(const Checking& checking, const Argument& argument) {
  if (!argument.source.value.empty()) {
    checking.out.error(argument.source.span, "\"source\" cannot be used in args", {},
                       "it belongs to \"data\"");
  }
  if (!argument.resolve.value.empty()) checking.not_supported(argument.resolve.span, "resolve");
  if (argument.return_copy.value) checking.not_supported(argument.return_copy.span, "returnCopy");
  if (argument.size_arg_index.value > kLargestSizeIndex) {
    checking.out.error(argument.size_arg_index.span,
                       "sizeArgIndex is " + std::to_string(argument.size_arg_index.value), "at most 15");
  }
  if (argument.max_data.value && argument.type.value != DeclaredType::kCharBuf) {
    checking.out.warning(argument.max_data.span, "maxData has no effect on this type", "type char_buf");
  }
}

// Null when the type cannot be read; that is reported.
const Readable* check_type(const Checking& checking, const Argument& argument) {
  const DeclaredType type = argument.type.value;
  if (argument.type.span.line == 0) {
    checking.out.error(argument.span, "the type of this argument is missing");
    return nullptr;
  }
  if (type == DeclaredType::kAuto || type == DeclaredType::kSyscall64) {
    checking.out.error(argument.type.span, "type " + std::string(word(type)) + " cannot be used here",
                       "a type of kprobes");
    return nullptr;
  }
  const Readable* how = readable(type);
  if (how == nullptr) checking.not_supported(argument.type.span, "type " + std::string(word(type)));
  return how;
}

std::vector<CheckedArg> check_args(const Checking& checking, const FunctionHook& hook,
                                   const std::optional<Function>& function) {
  std::vector<CheckedArg> out;
  for (const Argument& argument : hook.args) {
    check_argument_fields(checking, argument);
    const Readable* how = check_type(checking, argument);
    const uint32_t index = argument.index.value;
    if (function && index >= function->parameters.size() && argument.type.value != DeclaredType::kNop) {
      const size_t count = function->parameters.size();
      checking.out.error(argument.index.span,
                         quoted(function->name) + " has " + std::to_string(count) +
                             (count == 1 ? " parameter" : " parameters") + "; there is none with index " +
                             std::to_string(index),
                         count == 0 ? "no arguments" : "an index from 0 to " + std::to_string(count - 1));
    } else if (function && how != nullptr) {
      check_parameter(checking, *function, argument, *how);
    }
    out.push_back({.type = how != nullptr ? how->type : ArgType::kInt32,
                   .parameter = index,
                   .label = argument.label.value,
                   .span = argument.span});
  }
  return out;
}

// ---- the attachment

bool by_value(const Btf::Type& type) { return type.kind == Kind::kStruct || type.kind == Kind::kUnion; }

// Why fentry cannot be used on this function; "" when it can.
std::string fentry_obstacle(const Function& function) {
  if (function.variadic) return "it takes a variable number of arguments";
  if (function.parameters.size() > kRegisterParameters) {
    return "it has " + std::to_string(function.parameters.size()) +
           " parameters, more than fit into registers";
  }
  for (size_t at = 0; at < function.parameters.size(); ++at) {
    if (by_value(function.parameters[at].type))
      return "parameter " + std::to_string(at) + " is a struct by value";
  }
  if (function.result && by_value(*function.result)) return "it returns a struct by value";
  return {};
}

// A kprobe reads parameters from registers, where each must be alone in the one of its number.
void check_kprobe_parameters(const Checking& checking, const FunctionHook& hook, const Function& function) {
  for (const Argument& argument : hook.args) {
    const size_t index = argument.index.value;
    if (index >= function.parameters.size()) continue;
    const auto before = std::span(function.parameters).first(index + 1);
    if (index >= kRegisterParameters ||
        std::ranges::any_of(before, [](const Btf::Parameter& each) { return by_value(each.type); })) {
      checking.out.error(argument.index.span, "parameter " + std::to_string(index) + " of " +
                                                  quoted(function.name) +
                                                  " is passed in memory and cannot be read");
    }
  }
}

// The best hook that the kernel offers for this function.
void choose_attachment(const Checking& checking, const FunctionHook& hook, const Function& function,
                       CheckedHook& checked) {
  const Features& features = checking.kernel.features;
  const std::string obstacle = fentry_obstacle(function);
  if (features.fentry && obstacle.empty()) {
    checked.attachment = Attachment::kFentry;
    checked.attachment_reason = "fentry is the cheapest hook on a function whose types are known";
  } else if (features.kprobe) {
    checked.attachment = Attachment::kKprobe;
    checked.attachment_reason = features.fentry
                                    ? "kprobe, because fentry cannot be used: " + obstacle
                                    : "kprobe, because fentry programs cannot be attached on this kernel";
    check_kprobe_parameters(checking, hook, function);
  } else {
    checking.out.error(hook.call.span, quoted(function.name) + " cannot be hooked on this kernel", {},
                       features.fentry
                           ? "fentry cannot be used, " + obstacle + ", and kprobes need CONFIG_KPROBES=y"
                           : "neither fentry (CONFIG_FUNCTION_TRACER, Linux 5.5) nor kprobe programs "
                             "(CONFIG_KPROBES) can be attached; lockdown forbids both");
  }
}

// ---- message and tags

std::string check_message(const Checking& checking, const Text& message) {
  const std::string& text = message.value;
  if (!text.empty() && text.size() < kShortestText) {
    checking.out.error(message.span, "this message is too short", "at least 2 bytes");
  }
  if (text.size() > kLongestMessage) {
    checking.out.warning(message.span, "this message has " + std::to_string(text.size()) +
                                           " bytes and is cut to " + std::to_string(kLongestMessage));
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
                                         " bytes and is cut to " + std::to_string(kLongestTag));
    }
    out.push_back(escape(std::string_view(tag.value).substr(0, kLongestTag)));
  }
  return out;
}

}  // namespace

std::optional<ArgType> arg_type_of(DeclaredType declared) {
  const Readable* how = readable(declared);
  return how != nullptr ? std::optional(how->type) : std::nullopt;
}

std::optional<CheckedHook> check_hook(const Checking& checking, const FunctionHook& hook, Section section) {
  const size_t errors_before = checking.out.errors();
  CheckedHook checked;
  checked.call = hook.call.value;
  checked.span = hook.span;
  const std::optional<Function> function = find_function(checking, hook);
  checked.args = check_args(checking, hook, function);
  for (const Argument& each : hook.data) checking.not_supported(each.span, "data");
  if (hook.wants_return.value) checking.not_supported(hook.wants_return.span, "return");
  if (!hook.return_arg_action.value.empty())
    checking.not_supported(hook.return_arg_action.span, "returnArgAction");
  checked.message = check_message(checking, hook.message);
  checked.tags = check_tags(checking, hook.tags);
  for (const Selector& selector : hook.selectors) {
    checked.selectors.push_back(check_selector(checking, hook, section, selector));
  }
  if (hook.selectors.empty())
    checked.selectors.push_back({.actions = {{.span = hook.span}}, .span = hook.span});
  if (!function) return std::nullopt;
  checked.function = function->name;
  choose_attachment(checking, hook, *function, checked);
  if (checking.out.errors() != errors_before) return std::nullopt;
  return checked;
}

}  // namespace tripline::policy
