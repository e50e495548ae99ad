// SPDX-License-Identifier: Apache-2.0
#include "compile/library.h"

#include "embedded.h"

namespace tripline {
namespace {

AttachType attach_type(Attachment attachment) {
  switch (attachment) {
    case Attachment::kFentry:
      return AttachType::kFentry;
    case Attachment::kKprobe:
      return AttachType::kKprobe;
    case Attachment::kTracingRaw:
      return AttachType::kTracingRaw;
  }
  return AttachType::kFentry;
}

void add_lines(const ir::Program& program, const Code& code, std::string_view function,
               std::vector<LineInfo>& out) {
  ir::Line last;
  for (uint32_t n = 0; n < code.lines.size(); ++n) {
    if (code.lines[n] == last) continue;
    last = code.lines[n];
    const bool known = last.line != 0;
    out.push_back({std::string(function), n, known ? program.documents[last.document] : "",
                   Span{static_cast<int>(last.line), known ? 1 : 0, 1}});
  }
}

}  // namespace

Library library_for(Attachment attachment, const Kernel& kernel) {
  const bool typed = attachment != Attachment::kKprobe;
  const bool old = !kernel.features.bpf_loop || !kernel.features.get_current_task_btf;
  const std::string_view name =
      typed ? (old ? "lib_typed_old" : "lib_typed") : (old ? "lib_plain_old" : "lib_plain");
  return {name, bpf_object(name)};
}

std::string section_name(const HookPlan& plan) {
  switch (plan.attachment) {
    case Attachment::kFentry:
      return "fentry/" + plan.function;
    case Attachment::kKprobe:
      return "kprobe/" + plan.function;
    case Attachment::kTracingRaw:
      return "tp_btf/" + plan.function;
  }
  return plan.function;
}

std::string program_name(const HookPlan& plan) {
  std::string name = "tl_" + plan.function;
  for (char& c : name) {
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) c = '_';
  }
  constexpr size_t kLongest = 15;  // BPF_OBJ_NAME_LEN - 1
  return name.substr(0, kLongest);
}

ProgramInfo program_info(const HookPlan& plan, const Numbering& numbering) {
  return {program_name(plan), attach_type(plan.attachment), plan.function, numbering.slot, numbering.born};
}

std::vector<LineInfo> lines_of(const Lowered& lowered, const Code& filter, const Code& judge) {
  std::vector<LineInfo> out;
  add_lines(lowered.filter, filter, "", out);
  add_lines(lowered.judge, judge, "tl_judge", out);
  return out;
}

Result<void> verified(const Lowered& lowered) {
  for (const ir::Program* program : {&lowered.filter, &lowered.judge}) {
    if (const std::string broken = ir::verify(*program); !broken.empty()) {
      return fail("verify program", program->hook, 0, broken);
    }
  }
  return {};
}

}  // namespace tripline
