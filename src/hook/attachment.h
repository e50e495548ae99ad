// SPDX-License-Identifier: Apache-2.0
// How a program is attached to what it hooks, and all that follows from it, one row for each way. The event does not
// depend on it.
#pragma once

#include <cstdint>
#include <string_view>

namespace tripline {

enum class Attachment : uint8_t {
  kFentry,
  kFexit,
  kKprobe,
  kKprobeMulti,  // one kprobe_multi link on many functions
  kKretprobe,
  kTracingRaw,  // tp_btf: a raw tracepoint with typed arguments
  kTracepoint,  // the fields of a tracepoint's record
  kLsm,
  kFmodRet,
  kUprobe,       // at a place in a file of user space
  kUretprobe,    // when the function there returns
  kUprobeMulti,  // one link on many places of a file
  kUretprobeMulti,
  kIterator,  // not attached: run over the kernel's objects when asked to. No hook of a policy is
};

// How a program sees what its hook is called with.
enum class Entry : uint8_t {
  kTyped,   // the context is an array of 8-byte arguments, pointers are typed
  kPtRegs,  // the context is struct pt_regs, pointers are plain addresses
  kRecord,  // the context is the record of a tracepoint's fields, pointers are plain addresses
};

// What of a program must not be preempted (compile/hold.h).
enum class Hold : uint8_t {
  kNone,
  kJudge,  // from where the filter has let the call pass: LSM programs are not skipped, but hold scratch memory there
  kWhole,
};

// The two forms of the run-time library for an Entry: for kernels from 5.17 on, and for older ones.
struct LibraryNames {
  std::string_view current;
  std::string_view old;
};

struct AttachmentInfo {
  Attachment attachment = Attachment::kFentry;
  std::string_view name;     // for people
  std::string_view section;  // of the ELF file, before the target
  Entry entry = Entry::kTyped;
  LibraryNames library;
  // Of a call of the empty program (docs/decisions/003-prices.md); at the return of user code, beyond that at its entry,
  // without which there is none.
  uint32_t floor_price = 0;
  uint32_t program_type = 0;  // enum bpf_prog_type
  uint32_t attach_type = 0;   // enum bpf_attach_type, of typed ones and of links on many places
  // Of typed ones: the kernel's type of the target is a function whose name begins so. A raw tracepoint has another.
  std::string_view type_prefix = {};
  bool is_return = false;  // it runs when the function returns
  bool trusts_arguments =
      false;  // the kernel knows that pointers are valid: loads through them are not probed
  bool has_argument_helper =
      false;  // since 5.17: bpf_get_func_arg gives the program its arguments as numbers
  // Of two programs at such a hook the kernel runs the one first that was attached first. That one then hands threads
  // over to the other, which by that time must take part in every call (tl_take of bpf/lib/hook.bpf.c).
  bool old_runs_first = false;
  Hold hold = Hold::kNone;  // where tasks preempt programs
};

[[nodiscard]] const AttachmentInfo& attachment_info(Attachment attachment);

[[nodiscard]] inline std::string_view attachment_name(Attachment attachment) {
  return attachment_info(attachment).name;
}
[[nodiscard]] inline Entry entry_of(Attachment attachment) { return attachment_info(attachment).entry; }
[[nodiscard]] inline bool is_return(Attachment attachment) { return attachment_info(attachment).is_return; }
// Is it at code of user space?
[[nodiscard]] constexpr bool is_user(Attachment attachment) {
  return attachment >= Attachment::kUprobe && attachment <= Attachment::kUretprobeMulti;
}
[[nodiscard]] inline bool old_runs_first(Attachment attachment) {
  return attachment_info(attachment).old_runs_first;
}
[[nodiscard]] inline uint32_t floor_price(Attachment attachment) {
  return attachment_info(attachment).floor_price;
}

inline constexpr unsigned kAttachments = static_cast<unsigned>(Attachment::kIterator) + 1;

}  // namespace tripline
