// SPDX-License-Identifier: Apache-2.0
#include "compile/compile.h"
#include "compile/emit.h"
#include "compile/filter.h"
#include "compile/library.h"
#include "compile/lower.h"
#include "ir/program.h"

namespace tripline {
namespace {

std::string_view field_name(FieldType type) { return type == FieldType::kFile ? "file" : "int"; }

std::string_view op_name(IntFilter::Op op) { return op == IntFilter::Op::kEqual ? "Equal" : "NotEqual"; }

std::string_view op_name(PathFilter::Op op) {
  switch (op) {
    case PathFilter::Op::kEqual:
      return "Equal";
    case PathFilter::Op::kNotEqual:
      return "NotEqual";
    case PathFilter::Op::kPrefix:
      return "Prefix";
    case PathFilter::Op::kNotPrefix:
      return "NotPrefix";
    case PathFilter::Op::kPostfix:
      return "Postfix";
    case PathFilter::Op::kNotPostfix:
      return "NotPostfix";
  }
  return "";
}

std::string_view action_text(CheckedAction::Kind kind) {
  switch (kind) {
    case CheckedAction::Kind::kPost:
      return "Post";
    case CheckedAction::Kind::kNoPost:
      return "NoPost";
    case CheckedAction::Kind::kSigkill:
      return "Sigkill";
  }
  return "";
}

std::string filter_text(const Filter& filter) {
  std::string out;
  if (const auto* number = std::get_if<IntFilter>(&filter)) {
    out = "args[" + std::to_string(number->arg) + "] " + std::string(op_name(number->op));
    for (const int64_t value : number->values) out += " " + std::to_string(value);
  } else {
    const auto& path = std::get<PathFilter>(filter);
    out = "args[" + std::to_string(path.arg) + "] " + std::string(op_name(path.op));
    for (const std::string& value : path.values) out += " \"" + value + "\"";
  }
  return out;
}

int line_of(const Filter& filter) {
  return std::visit([](const auto& f) { return f.span.line; }, filter);
}

std::string section_text(const HookSection& section, const Schema& schema) {
  const CheckedHook& hook = section.section();
  std::string out = "  policy " + section.policy->name + " (" + section.policy->source_name + ":" +
                    std::to_string(hook.span.line) + ")" + (section.policy->enforce ? "" : ", monitor mode") +
                    "\n";
  for (size_t n = 0; n < hook.selectors.size(); ++n) {
    const CheckedSelector& selector = hook.selectors[n];
    out += "    selector " + std::to_string(n) + ":\n";
    for (const bool integers : {true, false}) {
      for (const Filter& filter : selector.filters) {
        if (std::holds_alternative<IntFilter>(filter) != integers) continue;
        out += "      " + filter_text(filter) + "  ; line " + std::to_string(line_of(filter)) + "\n";
      }
    }
    out += "      then";
    for (const CheckedAction& action : selector.actions) out += " " + std::string(action_text(action.kind));
    out += "\n";
  }
  out += "    record, schema " + std::to_string(schema.id) + ": " + std::to_string(schema.fixed_size) +
         " bytes and the paths; header at 0";
  for (size_t n = 0; n < schema.fields.size(); ++n) {
    out += ", args[" + std::to_string(n) + "] " + std::string(field_name(schema.fields[n].type)) + " at " +
           std::to_string(schema.fields[n].offset);
  }
  return out + "\n";
}

}  // namespace

Result<std::string> explain(const HookPlan& plan, const Kernel& kernel) {
  const Numbering numbering;
  Lowered lowered = lower(plan, kernel, numbering);
  ir::simplify(lowered.filter);
  ir::simplify(lowered.judge);
  if (auto sound = verified(lowered); !sound) return std::unexpected(sound.error());
  const auto filter = emit(lowered.filter);
  if (!filter) return std::unexpected(filter.error());
  const auto judge = emit(lowered.judge);
  if (!judge) return std::unexpected(judge.error());

  std::string out = "hook " + plan.function + "\n";
  out += "  attached by " + std::string(attachment_name(plan.attachment)) + ": " +
         plan.sections.front().section().attachment_reason + "\n";
  out += "  filter, on every call:\n";
  for (const std::string& step : lowered.filter_plan.steps) out += "    " + step + "\n";
  out += "  judge, on calls that pass the filter:\n";
  for (size_t n = plan.sections.size(); n-- > 0;) out += section_text(plan.sections[n], lowered.schemas[n]);
  out += "  library " + std::string(library_for(plan.attachment, kernel).name) + "\n";
  out += "\nfilter program, " + std::to_string(filter->instructions.size()) + " instructions:\n";
  out += print_code(*filter, lowered.filter);
  out += "\njudge program, " + std::to_string(judge->instructions.size()) + " instructions:\n";
  out += print_code(*judge, lowered.judge);
  return out;
}

}  // namespace tripline
