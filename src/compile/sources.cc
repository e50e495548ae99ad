// SPDX-License-Identifier: Apache-2.0
#include "compile/sources.h"

#include <array>
#include <bit>
#include <cassert>
#include <string>
#include <string_view>

#include "abi/scratch.h"

namespace tripline {
namespace {

using ir::Value;
using ir::Width;

// Arguments of a system call in struct pt_regs of x86-64, in order.
constexpr auto kSyscallRegisters = std::to_array<std::string_view>({"di", "si", "dx", "r10", "r8", "r9"});
// And of one of the 32-bit mode.
constexpr auto kSyscall32Registers = std::to_array<std::string_view>({"bx", "cx", "dx", "si", "di", "bp"});

constexpr int64_t kAbiShift = 30;  // from that bit to bit 31

Width width_of(uint32_t size) {
  switch (size) {
    case 1:
      return Width::k1;
    case 2:
      return Width::k2;
    case 4:
      return Width::k4;
    default:
      return Width::k8;
  }
}

}  // namespace

bool is_old(const Kernel& kernel) {
  return !kernel.features.bpf_loop || !kernel.features.get_current_task_btf;
}

Sources::Sources(Builder& builder, const Kernel& kernel, const HookPlan& plan)
    : builder_(builder), kernel_(kernel), attachment_(plan.attachment) {
  std::map<std::string_view, uint32_t> documents;
  for (const std::string& name : builder.documents())
    documents.emplace(name, static_cast<uint32_t>(documents.size()));
  for (const HookSection& section : plan.sections) {
    const auto document = documents.find(section.policy->source_name);
    if (document == documents.end()) continue;
    const auto add = [&](const CheckedArg& arg) {
      if (arg.span.line == 0) return;
      const ir::Line line{document->second, static_cast<uint32_t>(arg.span.line),
                          static_cast<uint32_t>(arg.span.column)};
      lines_.emplace(arg.source, line);
      if (arg.size) lines_.emplace(*arg.size, line);
    };
    for (const CheckedArg& arg : section.section().args) add(arg);
    if (section.section().result) add(*section.section().result);
  }
}

ir::Line Sources::line_of(const ArgSource& source) const {
  const auto found = lines_.find(source);
  return found == lines_.end() ? builder_.line() : found->second;
}

Value Sources::read(const ArgSource& source) {
  const ir::Line before = builder_.line();
  builder_.line(line_of(source));
  const Value out = read_plain(source);
  builder_.line(before);
  return out;
}

Value Sources::read_plain(const ArgSource& source) {
  ArgSource plain = source;
  plain.steps.clear();
  if (source.kind == ArgSource::Kind::kRegister && !source.steps.empty()) {
    plain.size = sizeof(uint64_t);  // an address
    plain.is_signed = false;
  }
  const auto [entry, added] = values_.try_emplace(plain);
  if (added) entry->second = builder_.value();
  const Value dst = entry->second;
  switch (source.kind) {
    case ArgSource::Kind::kParameter:
      if (source.saved && entry_of(attachment_) == ir::Entry::kTyped) {
        builder_.call(dst, asks_for_arguments() ? ir::Callee::tl_argument : ir::Callee::tl_saved_argument,
                      {int64_t{source.index}});
      } else {
        builder_.add(ir::Argument{dst, source.reg.value_or(source.index)});
      }
      break;
    case ArgSource::Kind::kSyscall:
      return syscall(source, dst);
    case ArgSource::Kind::kSyscallId:
      syscall_id(source, dst);
      break;
    case ArgSource::Kind::kRecordAddress:
      builder_.call(dst, ir::Callee::tl_record_address, {int64_t{source.offset}});
      break;
    case ArgSource::Kind::kRecordData:
      builder_.call(dst, ir::Callee::tl_record_data, {int64_t{source.offset}});
      break;
    case ArgSource::Kind::kRecord:
    case ArgSource::Kind::kRegister:
      record(plain, dst);
      break;
    case ArgSource::Kind::kConstant:
      builder_.add(ir::Constant{dst, source.constant});
      add_scaled(source, dst);
      break;
    case ArgSource::Kind::kResult:
      result(source, dst);
      break;
    case ArgSource::Kind::kSaved:
      builder_.add(ir::Load{dst, slot_,
                            static_cast<int32_t>(offsetof(tl_slot, entry.saved) + 8 * source.index),
                            Width::k8, "saved"});
      break;
    case ArgSource::Kind::kMember:
      member(source, dst);
      break;
    case ArgSource::Kind::kThread:
      builder_.call(dst, ir::Callee::bpf_get_current_pid_tgid, {});
      builder_.add(ir::Binary{ir::BinaryOp::kAnd, dst, int64_t{UINT32_MAX}});
      break;
    case ArgSource::Kind::kTask:
      builder_.call(dst, ir::Callee::bpf_get_current_task, {});
      break;
  }
  if (source.abi) add_abi(dst);
  return dst;
}

Value Sources::number(const ArgSource& source) {
  const Value typed = read(source);
  const bool in_record =
      source.kind == ArgSource::Kind::kRecordAddress || source.kind == ArgSource::Kind::kRecordData;
  if (!in_record && !(source.is_pointer && entry_of(attachment_) == ir::Entry::kTyped)) return typed;
  constexpr auto kPlace = static_cast<int32_t>(offsetof(tl_slot, walk));
  builder_.add(ir::Store{slot_, kPlace, Width::k8, typed});
  return builder_.load(slot_, kPlace, Width::k8, "number");
}

// Without its top bit an address of the kernel is nobody's, and what reads there fails as it does for the process.
void Sources::keep_from_kernel(const ArgSource& source, Value at) {
  if (is_of_process(attachment_, source)) builder_.add(ir::Binary{ir::BinaryOp::kAnd, at, INT64_MAX});
}

// Is there a helper that gives arguments? It is a few instructions where programs come from a function's entry or
// return, and not there for others.
bool Sources::asks_for_arguments() const {
  return attachment_info(attachment_).has_argument_helper && !is_old(kernel_);
}

// Where the parameter does not tell it, it is in the registers that the call was entered with.
void Sources::syscall_id(const ArgSource& source, Value dst) {
  if (source.index > 0) {
    builder_.add(ir::Argument{dst, source.index});
    return;
  }
  const Value registers = read({.kind = ArgSource::Kind::kParameter, .index = 0});
  builder_.add(
      ir::Load{dst, registers, static_cast<int32_t>(offset_of("pt_regs", "orig_ax")), Width::k8, "orig_ax"});
}

void Sources::add_abi(Value dst) {
  const Value abi = builder_.value();
  if (entry_of(attachment_) == ir::Entry::kTyped && kernel_.features.get_current_task_btf) {
    const Value task = builder_.value();
    builder_.call(task, ir::Callee::bpf_get_current_task_btf, {});
    const uint32_t status = offset_of("task_struct", "thread_info.status");
    builder_.add(ir::Load{abi, task, static_cast<int32_t>(status), Width::k4, "thread_info.status"});
    builder_.add(ir::Binary{ir::BinaryOp::kAnd, abi, int64_t{TL_TS_COMPAT}});
    builder_.add(ir::Binary{ir::BinaryOp::kShiftLeft, abi, kAbiShift});
  } else {
    builder_.call(abi, ir::Callee::tl_syscall_abi, {});
  }
  builder_.add(ir::Binary{ir::BinaryOp::kOr, dst, abi});
}

uint32_t Sources::offset_of(std::string_view type, std::string_view member) const {
  const auto found = kernel_.btf ? kernel_.btf->member(type, member) : std::nullopt;
  assert(found && "check() found the hook by the same BTF");
  return found ? found->offset : 0;
}

Value Sources::syscall(const ArgSource& source, Value dst) {
  const std::string_view name = (source.is_32 ? kSyscall32Registers : kSyscallRegisters)[source.index];
  const Value registers = read({.kind = ArgSource::Kind::kParameter, .index = 0});
  const uint32_t offset = offset_of("pt_regs", name);
  if (entry_of(attachment_) == ir::Entry::kTyped) {
    builder_.add(ir::Load{dst, registers, static_cast<int32_t>(offset), Width::k8, std::string(name)});
  } else {
    builder_.call(dst, ir::Callee::tl_peek, {registers, int64_t{offset}});
  }
  return dst;
}

void Sources::member(const ArgSource& source, Value dst) {
  const Value base = read({.kind = ArgSource::Kind::kParameter, .index = source.index, .is_pointer = true});
  if (entry_of(attachment_) == ir::Entry::kTyped) {
    builder_.add(ir::Load{dst, base, static_cast<int32_t>(source.offset), Width::k8, "member"});
  } else {
    builder_.call(dst, ir::Callee::tl_peek, {base, int64_t{source.offset}});
  }
}

// fexit finds it behind the parameters, a kretprobe in a register.
void Sources::result(const ArgSource& source, Value dst) {
  if (entry_of(attachment_) == ir::Entry::kTyped && source.saved) {
    builder_.call(dst, ir::Callee::tl_saved_argument, {int64_t{source.index}});
  } else if (entry_of(attachment_) == ir::Entry::kTyped) {
    builder_.add(ir::Argument{dst, source.index});
  } else {
    builder_.add(ir::Context{dst, offset_of("pt_regs", "ax"), Width::k8});
  }
}

// The other register of an address.
void Sources::add_scaled(const ArgSource& source, Value dst) {
  if (!source.added) return;
  const Value added = builder_.value();
  builder_.add(ir::Context{added, *source.added, Width::k8});
  if (source.scale > 1)
    builder_.add(ir::Binary{ir::BinaryOp::kShiftLeft, added, int64_t{std::countr_zero(source.scale)}});
  builder_.add(ir::Binary{ir::BinaryOp::kAdd, dst, added});
}

void Sources::record(const ArgSource& source, Value dst) {
  builder_.add(ir::Context{dst, source.offset, width_of(source.size)});
  add_scaled(source, dst);
  if (!source.is_signed || source.size >= 8) return;
  const auto unused = static_cast<int64_t>(64 - 8 * source.size);
  builder_.add(ir::Binary{ir::BinaryOp::kShiftLeft, dst, unused});
  builder_.add(ir::Binary{ir::BinaryOp::kShiftRightSigned, dst, unused});
}

}  // namespace tripline
