// SPDX-License-Identifier: Apache-2.0
// Elements of `data`: values from the current task or from registers.
#include <optional>
#include <string_view>
#include <utility>

#include "policy/check/arguments.h"
#include "policy/check/resolve.h"

namespace tripline::policy {
namespace {

constexpr std::string_view kCurrentTask = "current_task";
constexpr std::string_view kPtRegs = "pt_regs";

using Kind = Btf::Kind;

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

}  // namespace

// They stand behind the arguments.
void check_data(const Checking& checking, const std::vector<Argument>& data, std::vector<CheckedArg>& out) {
  if (!checking.kernel.btf) return;  // told of where the function was looked for
  for (const Argument& datum : data) {
    if (auto checked = check_datum(checking, datum)) out.push_back(*std::move(checked));
  }
}

}  // namespace tripline::policy
