// SPDX-License-Identifier: Apache-2.0
#include "hook/attachment.h"

#include <linux/bpf.h>

#include <array>
#include <cstddef>

namespace tripline {
namespace {

constexpr LibraryNames kTyped = {"lib_typed", "lib_typed_old"};
// BPF_TRACE_UPROBE_MULTI of Linux 6.6; the headers that we are built with may be older.
constexpr uint32_t kTraceUprobeMulti = 48;

constexpr LibraryNames kPlain = {"lib_plain", "lib_plain_old"};

constexpr auto kRows = std::to_array<AttachmentInfo>({
    {.attachment = Attachment::kFentry,
     .name = "fentry",
     .section = "fentry",
     .entry = Entry::kTyped,
     .library = kTyped,
     .floor_price = 132,
     .program_type = BPF_PROG_TYPE_TRACING,
     .attach_type = BPF_TRACE_FENTRY,
     .has_argument_helper = true,
     .hold = Hold::kWhole},
    {.attachment = Attachment::kFexit,
     .name = "fexit",
     .section = "fexit",
     .entry = Entry::kTyped,
     .library = kTyped,
     .floor_price = 195,
     .program_type = BPF_PROG_TYPE_TRACING,
     .attach_type = BPF_TRACE_FEXIT,
     .is_return = true,
     .has_argument_helper = true,
     .hold = Hold::kWhole},
    {.attachment = Attachment::kKprobe,
     .name = "kprobe",
     .section = "kprobe",
     .entry = Entry::kPtRegs,
     .library = kPlain,
     .floor_price = 361,
     .program_type = BPF_PROG_TYPE_KPROBE},
    {.attachment = Attachment::kKprobeMulti,
     .name = "kprobe_multi",
     .section = "kprobe.multi",
     .entry = Entry::kPtRegs,
     .library = kPlain,
     .floor_price = 265,
     .program_type = BPF_PROG_TYPE_KPROBE},
    {.attachment = Attachment::kKretprobe,
     .name = "kretprobe",
     .section = "kretprobe",
     .entry = Entry::kPtRegs,
     .library = kPlain,
     .floor_price = 644,
     .program_type = BPF_PROG_TYPE_KPROBE,
     .is_return = true},
    {.attachment = Attachment::kTracingRaw,
     .name = "tp_btf",
     .section = "tp_btf",
     .entry = Entry::kTyped,
     .library = kTyped,
     .floor_price = 135,
     .program_type = BPF_PROG_TYPE_TRACING,
     .attach_type = BPF_TRACE_RAW_TP,
     .trusts_arguments = true,
     .old_runs_first = true,
     .hold = Hold::kWhole},
    {.attachment = Attachment::kTracepoint,
     .name = "tracepoint",
     .section = "tracepoint",
     .entry = Entry::kRecord,
     .library = kPlain,
     .floor_price = 597,
     .program_type = BPF_PROG_TYPE_TRACEPOINT,
     .old_runs_first = true},
    {.attachment = Attachment::kLsm,
     .name = "lsm",
     .section = "lsm",
     .entry = Entry::kTyped,
     .library = kTyped,
     .floor_price = 184,
     .program_type = BPF_PROG_TYPE_LSM,
     .attach_type = BPF_LSM_MAC,
     .type_prefix = "bpf_lsm_",
     .trusts_arguments = true,
     .hold = Hold::kJudge},
    {.attachment = Attachment::kFmodRet,
     .name = "fmod_ret",
     .section = "fmod_ret",
     .entry = Entry::kTyped,
     .library = kTyped,
     .floor_price = 199,
     .program_type = BPF_PROG_TYPE_TRACING,
     .attach_type = BPF_MODIFY_RETURN,
     .has_argument_helper = true,
     .hold = Hold::kWhole},
    {.attachment = Attachment::kUprobe,
     .name = "uprobe",
     .section = "uprobe",
     .entry = Entry::kPtRegs,
     .library = kPlain,
     .floor_price = 1758,
     .program_type = BPF_PROG_TYPE_KPROBE,
     .hold = Hold::kJudge},
    {.attachment = Attachment::kUretprobe,
     .name = "uretprobe",
     .section = "uretprobe",
     .entry = Entry::kPtRegs,
     .library = kPlain,
     .floor_price = 1000,
     .program_type = BPF_PROG_TYPE_KPROBE,
     .is_return = true,
     .hold = Hold::kJudge},
    {.attachment = Attachment::kUprobeMulti,
     .name = "uprobe_multi",
     .section = "uprobe",
     .entry = Entry::kPtRegs,
     .library = kPlain,
     .floor_price = 1758,
     .program_type = BPF_PROG_TYPE_KPROBE,
     .attach_type = kTraceUprobeMulti,
     .hold = Hold::kJudge},
    {.attachment = Attachment::kUretprobeMulti,
     .name = "uretprobe_multi",
     .section = "uretprobe",
     .entry = Entry::kPtRegs,
     .library = kPlain,
     .floor_price = 1000,
     .program_type = BPF_PROG_TYPE_KPROBE,
     .attach_type = kTraceUprobeMulti,
     .is_return = true,
     .hold = Hold::kJudge},
    {.attachment = Attachment::kIterator,
     .name = "iterator",
     .section = "iter",
     .entry = Entry::kTyped,
     .library = kTyped,
     .program_type = BPF_PROG_TYPE_TRACING,
     .attach_type = BPF_TRACE_ITER,
     .type_prefix = "bpf_iter_"},
});

constexpr bool every_attachment_has_its_row() {
  if (kRows.size() != kAttachments) return false;
  for (size_t n = 0; n < kRows.size(); ++n) {
    const AttachmentInfo& row = kRows[n];
    if (row.attachment != static_cast<Attachment>(n) || row.name.empty() || row.section.empty() ||
        row.program_type == BPF_PROG_TYPE_UNSPEC)
      return false;
  }
  return true;
}
static_assert(every_attachment_has_its_row());

}  // namespace

const AttachmentInfo& attachment_info(Attachment attachment) {
  return kRows[static_cast<size_t>(attachment)];
}

}  // namespace tripline
