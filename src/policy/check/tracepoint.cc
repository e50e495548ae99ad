// SPDX-License-Identifier: Apache-2.0
// Hooks of tracepoints. An ordinary one reads the fields of the record that the tracepoint's format describes; a raw
// one gets the arguments of the tracepoint itself, as kernel types know them.
//
// raw_syscalls/sys_enter and sys_exit see every system call. Making their record costs the kernel fifty times what a
// call of a raw tracepoint's program does, so they are attached as that, and their fields are read where the record
// would have been filled from.
#include <algorithm>
#include <array>
#include <string>

#include "policy/check/arguments.h"
#include "policy/check/check.h"
#include "policy/check/length.h"
#include "policy/check/types.h"

namespace tripline::policy {
namespace {

constexpr uint32_t kLargestRawIndex = 5;
constexpr std::string_view kDataLoc = "__data_loc";
// A record begins with fields that all events have; in their place the kernel hands programs something of its own.
constexpr uint32_t kCommonBytes = 8;

// Pointers in records of these are those that a process passed, or used.
bool of_processes(std::string_view subsystem) {
  return subsystem == "syscalls" || subsystem == "raw_syscalls" || subsystem == "exceptions";
}

bool is_array(const TracepointField& field) {
  return field.type.contains('[') && !field.type.starts_with(kDataLoc);
}
bool is_array_of_longs(const TracepointField& field) {
  return field.type.starts_with("long[") || field.type.starts_with("unsigned long[");
}
bool is_pointer(const TracepointField& field) { return field.type.contains('*'); }
bool is_number(const TracepointField& field) {
  return field.size == 1 || field.size == 2 || field.size == 4 || field.size == 8;
}

bool is_common(const TracepointField& field) { return field.offset < kCommonBytes; }
bool is_thread(const TracepointField& field) { return is_common(field) && field.name == "common_pid"; }
bool is_integer(const TracepointField& field) {
  const std::string_view type = field.type;
  return is_number(field) && !is_pointer(field) && !is_array(field) && !type.starts_with(kDataLoc) &&
         !type.starts_with("struct ") && !type.starts_with("union ");
}

std::string described(const TracepointField& field) { return quoted(field.type + " " + field.name); }

// The fields that the record of a system call tracepoint has, where the raw tracepoint finds them.
enum class SyscallField { kNone, kId, kResult };

class TracepointCheck {
 public:
  TracepointCheck(const Checking& checking, const TracepointHook& hook) : checking_(checking), hook_(hook) {}

  std::optional<CheckedHook> run() {
    const size_t errors_before = checking_.out.errors();
    CheckedHook checked;
    checked.kind = HookKind::kTracepoint;
    checked.call = hook_.event.value;
    checked.target = target::Tracepoint{hook_.subsystem.value, hook_.event.value};
    checked.span = hook_.span;
    if (names_given()) {
      if (hook_.raw.value) {
        raw(checked);
      } else {
        fields(checked);
      }
    }
    checked.message = check_message(checking_, hook_.message);
    checked.tags = check_tags(checking_, hook_.tags);
    // What is wrong with arguments would only be told again of filters on them.
    if (checked.args.size() == hook_.args.size()) selectors(checked);
    if (checking_.out.errors() != errors_before) return std::nullopt;
    return checked;
  }

 private:
  bool names_given() {
    bool given = true;
    for (const Text* text : {&hook_.subsystem, &hook_.event}) {
      if (!text->value.empty()) continue;
      given = false;
      checking_.out.error(text->span, "the name of a tracepoint is empty", "subsystem and event");
    }
    return given;
  }

  void selectors(CheckedHook& checked) {
    const std::optional<Argument> no_return;
    const std::vector<Argument> no_data;
    const SelectorOf of{checking_, HookKind::kTracepoint, hook_.args, no_data, checked.args,
                        no_return, checked.result};
    for (const Selector& selector : hook_.selectors)
      checked.selectors.push_back(check_selector(of, selector));
    if (hook_.raw.value) notify_nobody(checked);
    if (!hook_.selectors.empty()) return;
    checked.selectors.push_back({.actions = {{.span = hook_.span}},
                                 .return_actions = {{.span = hook_.span}},
                                 .span = hook_.span,
                                 .implied = true});
  }

  // The language knows no notices of raw tracepoints.
  void notify_nobody(CheckedHook& checked) {
    for (CheckedSelector& selector : checked.selectors) {
      for (CheckedAction& action : selector.actions) {
        if (action.kind != CheckedAction::Kind::kNotifyEnforcer) continue;
        action.has_effect = false;
        checking_.out.warning(action.span, "NotifyEnforcer has no effect in raw tracepoints",
                              "a tracepoint that is not raw");
      }
    }
  }

  // ---- raw

  void raw(CheckedHook& checked) {
    const Kernel& kernel = checking_.kernel;
    checked.attachment = Attachment::kTracingRaw;
    checked.attachment_reason = "tp_btf: a raw tracepoint whose arguments have known types";
    if (!kernel.btf || !kernel.features.tp_btf) {
      checking_.out.error(hook_.event.span, "raw tracepoints cannot be hooked on this kernel", {},
                          "it needs type information (CONFIG_DEBUG_INFO_BTF=y) and Linux 5.5");
      return;
    }
    const auto function = kernel.btf->raw_tracepoint(hook_.event.value);
    if (!function) {
      checking_.out.error(hook_.event.span, "this kernel has no raw tracepoint " + quoted(hook_.event.value),
                          {}, did_you_mean(hook_.event.value, events(hook_.subsystem.value)));
      return;
    }
    checked.parameters = static_cast<uint32_t>(function->parameters.size());
    FunctionHook as_function;
    as_function.span = hook_.span;
    as_function.call = hook_.event;
    as_function.syscall.value = false;
    as_function.args = hook_.args;
    for (Argument& argument : as_function.args) {
      if (argument.index.value > kLargestRawIndex) {
        checking_.out.error(argument.index.span, "the index is " + std::to_string(argument.index.value),
                            "at most " + std::to_string(kLargestRawIndex));
      }
      if (argument.type.value != DeclaredType::kSyscall64) continue;
      argument.type.value = DeclaredType::kUint64;
      const size_t index = argument.index.value;
      if (index < function->parameters.size() &&
          function->parameters[index].type.kind == Btf::Kind::kPointer) {
        checking_.out.error(argument.type.span, "argument " + std::to_string(index) + " is a " +
                                                    quoted(function->parameters[index].spelling) +
                                                    ", not a system call number");
      }
    }
    checked.args = check_args(checking_, as_function, HookKind::kTracepoint, function);
    read_saved_arguments(kernel, *function, checked);
    for (size_t n = 0; n < checked.args.size() && n < hook_.args.size(); ++n) {
      checked.args[n].label.clear();
      if (hook_.args[n].type.value != DeclaredType::kSyscall64) continue;
      checked.args[n].type = DeclaredType::kSyscall64;
      checked.args[n].source.abi = true;
    }
  }

  // Names of events of a subsystem, or of all when there is none of that name.
  [[nodiscard]] std::vector<std::string_view> events(std::string_view subsystem) const {
    std::vector<std::string_view> out;
    for (const std::string_view name : checking_.kernel.tracepoints) {
      const size_t slash = name.find('/');
      if (slash != std::string_view::npos && name.substr(0, slash) == subsystem)
        out.push_back(name.substr(slash + 1));
    }
    return out;
  }

  // ---- with a record

  void fields(CheckedHook& checked) {
    const std::string name = hook_.subsystem.value + "/" + hook_.event.value;
    const TracepointFormat* format = checking_.kernel.format(name);
    if (format == nullptr) {
      report_missing(name);
      return;
    }
    format_ = format;
    checked.attachment = Attachment::kTracepoint;
    checked.attachment_reason = "the tracepoint's record has the fields";
    if (from_raw(name)) {
      checked.attachment = Attachment::kTracingRaw;
      checked.attachment_reason = "tp_btf, which costs less than a tracepoint and has the same values";
      checked.parameters = 2;
    }
    for (const Argument& argument : hook_.args) {
      if (const auto arg = field_argument(argument)) checked.args.push_back(*arg);
    }
  }

  void report_missing(const std::string& name) {
    const std::vector<std::string>& all = checking_.kernel.tracepoints;
    if (std::ranges::find(all, name) != all.end()) {
      checking_.out.error(hook_.event.span, "the format of the tracepoint " + quoted(name) + " is not known",
                          {},
                          missing_section(checking_.kernel, "formats",
                                          "events/" + name + "/format in tracefs must be readable"));
      return;
    }
    const std::vector<std::string_view> names(all.begin(), all.end());
    std::string hint = did_you_mean(name, names);
    if (all.empty())
      hint =
          missing_section(checking_.kernel, "tracepoints", "tracefs must be mounted at /sys/kernel/tracing");
    checking_.out.error(hook_.event.span, "this kernel has no tracepoint " + quoted(name), {},
                        std::move(hint));
  }

  // Is this one of the two tracepoints of system calls, and all that is asked of it found by the raw one?
  bool from_raw(std::string_view name) {
    const Kernel& kernel = checking_.kernel;
    if (name != "raw_syscalls/sys_enter" && name != "raw_syscalls/sys_exit") return false;
    if (kernel.machine != "x86_64" || !kernel.features.tp_btf || !kernel.btf) return false;
    const auto function = kernel.btf->raw_tracepoint(hook_.event.value);
    if (!function || function->parameters.size() != 2) return false;
    is_exit_ = name.ends_with("exit");
    from_raw_ = std::ranges::all_of(hook_.args, [&](const Argument& argument) {
      if (argument.index.value >= format_->fields.size() || argument.size_arg_index.value > 0) return false;
      const TracepointField& field = format_->fields[argument.index.value];
      return syscall_field(field) != SyscallField::kNone || is_thread(field);
    });
    return from_raw_;
  }

  [[nodiscard]] SyscallField syscall_field(const TracepointField& field) const {
    if (field.name == "id") return SyscallField::kId;
    return is_exit_ && field.name == "ret" ? SyscallField::kResult : SyscallField::kNone;
  }

  std::optional<CheckedArg> field_argument(const Argument& argument) {
    if (argument.index.value >= format_->fields.size()) {
      checking_.out.error(argument.index.span,
                          "the tracepoint has " + std::to_string(format_->fields.size()) +
                              " fields; there is none with number " + std::to_string(argument.index.value),
                          "a number from 0 to " + std::to_string(format_->fields.size() - 1));
      return std::nullopt;
    }
    const TracepointField& field = format_->fields[argument.index.value];
    if (is_common(field) && !is_thread(field) && argument.type.value != DeclaredType::kNop) {
      checking_.out.error(argument.index.span,
                          "field " + std::to_string(argument.index.value) + " is " + described(field) +
                              ", which the kernel does not let programs read",
                          "a field of the event itself", own_field());
      return std::nullopt;
    }
    if (!fields_of_argument(argument)) return std::nullopt;
    const std::optional<DeclaredType> type = type_of(argument, field);
    if (!type) return std::nullopt;
    CheckedArg out{.type = *type, .source = source_of(argument, field, *type), .span = argument.span};
    out.size = size_of(argument, field, *type);
    out.max_data = argument.max_data.value && *type == DeclaredType::kCharBuf;
    if (argument.max_data.value && !out.max_data) {
      checking_.out.warning(argument.max_data.span, "maxData has no effect on this type", "type char_buf");
    }
    return out;
  }

  // "index 5 is uid": the first field of the event itself; of a system call, its first argument.
  [[nodiscard]] std::string own_field() const {
    const TracepointField* first = nullptr;
    for (const TracepointField& field : format_->fields) {
      if (is_common(field)) continue;
      first = &field;
      if (field.name != "__syscall_nr") break;
    }
    if (first == nullptr) return "the event has no fields of its own";
    return "index " + std::to_string(first - format_->fields.data()) + " is " + first->name;
  }

  // Fields of an argument that tracepoints have not.
  bool fields_of_argument(const Argument& argument) {
    const size_t before = checking_.out.errors();
    if (!argument.source.value.empty()) {
      checking_.out.error(argument.source.span, "\"source\" cannot be used in args", {},
                          "it belongs to \"data\"");
    }
    const auto ignored = [&](const Text& text, std::string_view name) {
      if (text.value.empty()) return;
      checking_.out.warning(text.span, std::string(name) + " has no effect in tracepoints that are not raw");
    };
    ignored(argument.resolve, "resolve");
    ignored(argument.btf_type, "btfType");
    ignored(argument.btf_type_module, "btfTypeModule");
    if (argument.return_copy.value) {
      checking_.out.error(argument.return_copy.span, "returnCopy cannot be used in tracepoints",
                          "a kprobes or fentries hook");
    }
    if (argument.size_arg_index.value > kLargestSizeIndex) {
      checking_.out.error(argument.size_arg_index.span,
                          "sizeArgIndex is " + std::to_string(argument.size_arg_index.value), "at most 15");
    }
    return checking_.out.errors() == before;
  }

  std::optional<DeclaredType> type_of(const Argument& argument, const TracepointField& field) {
    const DeclaredType type = argument.type.value;
    if (type == DeclaredType::kConstBuf) {
      checking_.out.error(argument.type.span, "type const_buf cannot be used in tracepoints", {},
                          "leave the type out: arrays have it by default");
      return std::nullopt;
    }
    if (type == DeclaredType::kAuto) return automatic_type(argument, field);
    const TypeInfo& how = type_info(type);
    if (how.family == ArgFamily::kOther) {
      checking_.not_supported(argument.type.span, "type " + std::string(word(type)));
      return std::nullopt;
    }
    const bool text = type == DeclaredType::kString || type == DeclaredType::kCharBuf;
    const bool fits = type == DeclaredType::kNop || (text && is_array(field)) ||
                      (type == DeclaredType::kDataLoc
                           ? field.type.starts_with(kDataLoc)
                           : is_number(field) && !is_array(field) && !field.type.starts_with(kDataLoc));
    if (fits) return type;
    checking_.out.error(argument.type.span, "field " + std::to_string(argument.index.value) + " is " +
                                                described(field) + ", which cannot be read as " +
                                                std::string(word(type)));
    return std::nullopt;
  }

  std::optional<DeclaredType> automatic_type(const Argument& argument, const TracepointField& field) {
    const Span span = argument.type.span.line > 0 ? argument.type.span : argument.span;
    const auto refuse = [&](std::string hint) {
      checking_.out.error(span,
                          "field " + std::to_string(argument.index.value) + " is " + described(field) +
                              ", which has no default type",
                          {}, std::move(hint));
      return std::nullopt;
    };
    if (field.type.starts_with(kDataLoc)) return refuse("write \"type: data_loc\"");
    if (is_array(field)) {
      if (is_array_of_longs(field)) return DeclaredType::kConstBuf;
      checking_.out.warning(span,
                            "field " + std::to_string(argument.index.value) + " is " + described(field) +
                                "; only arrays of long have a default type, so it is left out",
                            {}, "write the type, string or char_buf");
      return DeclaredType::kNop;
    }
    if (is_pointer(field)) {
      if (field.type != "char *" && field.type != "const char *")
        return refuse("write the type of what it points to");
      if (argument.size_arg_index.value == 0) {
        return refuse("write sizeArgIndex, the number of the field with its length plus 1, or a type");
      }
      if (type_info(DeclaredType::kCharBuf).family != ArgFamily::kOther) return DeclaredType::kCharBuf;
      checking_.not_supported(span, "type char_buf");
      return std::nullopt;
    }
    if (field.type == "size_t") return DeclaredType::kSizeT;
    constexpr auto kRefused = std::to_array<std::string_view>({"bool", "pid_t", "void", "dma_addr_t"});
    const bool named = std::ranges::find(kRefused, field.type) != kRefused.end();
    if (field.size == 4 && !named) return field.is_signed ? DeclaredType::kInt32 : DeclaredType::kUint32;
    if (field.size == 8 && !named) return field.is_signed ? DeclaredType::kInt64 : DeclaredType::kUint64;
    return refuse("write the type");
  }

  [[nodiscard]] ArgSource source_of(const Argument& argument, const TracepointField& field,
                                    DeclaredType type) const {
    ArgSource out{.kind = ArgSource::Kind::kRecord,
                  .index = argument.index.value,
                  .offset = field.offset,
                  .size = field.size,
                  .is_signed = field.is_signed,
                  .abi = type == DeclaredType::kSyscall64,
                  .of_process = of_processes(hook_.subsystem.value)};
    if (is_thread(field)) return {.kind = ArgSource::Kind::kThread, .is_signed = true, .abi = out.abi};
    if (from_raw_ && syscall_field(field) == SyscallField::kId) {
      return {.kind = ArgSource::Kind::kSyscallId, .index = is_exit_ ? 0U : 1U, .abi = out.abi};
    }
    if (from_raw_) return {.kind = ArgSource::Kind::kParameter, .index = 1, .abi = out.abi};
    if (type == DeclaredType::kDataLoc) out.kind = ArgSource::Kind::kRecordData;
    if (is_array(field)) out.kind = ArgSource::Kind::kRecordAddress;
    return out;
  }

  // Of bytes: the field with their number.
  std::optional<ArgSource> size_of(const Argument& argument, const TracepointField&, DeclaredType type) {
    if (argument.size_arg_index.value == 0) return std::nullopt;
    const uint32_t number = argument.size_arg_index.value - 1;
    if (number >= format_->fields.size()) {
      checking_.out.error(argument.size_arg_index.span,
                          "the tracepoint has " + std::to_string(format_->fields.size()) +
                              " fields; there is none with number " + std::to_string(number) +
                              " (sizeArgIndex counts from 1)",
                          "a number from 1 to " + std::to_string(format_->fields.size()));
      return std::nullopt;
    }
    if (type != DeclaredType::kCharBuf) return std::nullopt;
    const TracepointField& field = format_->fields[number];
    if (is_common(field) || !is_integer(field)) {
      report_size(checking_, argument, "field " + std::to_string(number) + ", " + described(field),
                  is_common(field) ? "which is not of the event itself" : "which is not an integer");
      return std::nullopt;
    }
    return ArgSource{.kind = ArgSource::Kind::kRecord,
                     .index = number,
                     .offset = field.offset,
                     .size = field.size,
                     .is_signed = field.is_signed};
  }

  const Checking& checking_;
  const TracepointHook& hook_;
  const TracepointFormat* format_ = nullptr;
  bool from_raw_ = false;
  bool is_exit_ = false;
};

}  // namespace

std::optional<CheckedHook> check_tracepoint(const Checking& checking, const TracepointHook& hook) {
  return TracepointCheck(checking, hook).run();
}

}  // namespace tripline::policy
