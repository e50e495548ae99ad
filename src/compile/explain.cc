// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "compile/compile.h"
#include "compile/filter.h"
#include "compile/filter_text.h"
#include "compile/hold.h"
#include "compile/judge/judge.h"
#include "compile/library.h"
#include "compile/prices.h"
#include "compile/translate.h"
#include "policy/meaning.h"
#include "policy/overlay.h"
#include "policy/words.h"

namespace tripline {
namespace {

std::string_view field_name(FieldType type) {
  switch (type) {
#define TRIPLINE_FIELD_NAME(name, layout) \
  case FieldType::name:                   \
    return std::string_view(#name).substr(1);
    TRIPLINE_FIELD_TYPES(TRIPLINE_FIELD_NAME)
#undef TRIPLINE_FIELD_NAME
  }
  return "";
}

// Words of the language, by what check() made of them.
using policy::ActionKind;
using policy::word;

std::string notice_text(const CheckedAction& action) {
  std::string out(word(ActionKind::kNotifyEnforcer));
  if (action.error != 0) out += " " + std::to_string(action.error);
  if (action.signal != 0) out += " and signal " + std::to_string(action.signal);
  if (!action.has_effect) out += " (no effect)";
  if (action.direct) out += " on this very call, as Override does";
  return out;
}

std::string action_text(const CheckedAction& action) {
  switch (action.kind) {
    case CheckedAction::Kind::kPost:
      return std::string(word(ActionKind::kPost));
    case CheckedAction::Kind::kNoPost:
      return std::string(word(ActionKind::kNoPost));
    case CheckedAction::Kind::kSigkill:
      return std::string(word(ActionKind::kSigkill));
    case CheckedAction::Kind::kSignal:
      return std::string(word(ActionKind::kSignal)) + " " + std::to_string(action.signal);
    case CheckedAction::Kind::kOverride:
      return std::string(word(ActionKind::kOverride)) + " " + std::to_string(action.error) +
             (action.has_effect ? "" : " (no effect)");
    case CheckedAction::Kind::kNotifyEnforcer:
      return notice_text(action);
    case CheckedAction::Kind::kCleanupEnforcerNotification:
      return std::string(word(ActionKind::kCleanupEnforcerNotification)) +
             (action.has_effect ? "" : " (no effect)");
    case CheckedAction::Kind::kSet:
      return std::string(word(ActionKind::kSet)) + " (no effect)";
    case CheckedAction::Kind::kTrackSock:
      return std::string(word(ActionKind::kTrackSock)) + (action.sock ? "" : " (no effect)");
    case CheckedAction::Kind::kUntrackSock:
      return std::string(word(ActionKind::kUntrackSock)) + (action.sock ? "" : " (no effect)");
    case CheckedAction::Kind::kGetUrl:
      return std::string(word(ActionKind::kGetUrl));
    case CheckedAction::Kind::kDnsLookup:
      return std::string(word(ActionKind::kDnsLookup));
  }
  return "";
}

std::string rate_text(const RateLimit& limit) {
  std::string out = " at most once every " + std::to_string(limit.interval) + " ms";
  if (limit.scope == RateLimit::Scope::kThread) out += " per thread";
  if (limit.scope == RateLimit::Scope::kProcess) out += " per process";
  return out;
}

std::string section_text(const HookSection& section, const Schema& schema) {
  const CheckedHook& hook = section.section();
  std::string out = "  policy " + section.policy->name + " (" + section.policy->source_name + ":" +
                    std::to_string(hook.span.line) + ")" +
                    (section.policy->enforce || hook.kind == HookKind::kLoader ? "" : ", monitor mode") +
                    "\n";
  if (section.policy->scope) out += "    only for " + text_of(*section.policy->scope) + "\n";
  for (size_t n = 0; n < hook.selectors.size(); ++n) {
    const CheckedSelector& selector = hook.selectors[n];
    out += "    selector " + std::to_string(n) + ":\n";
    if (selector.scope) out += "      only for " + text_of(*selector.scope) + "\n";
    std::vector<Filter> filters = selector.filters;
    std::ranges::stable_sort(filters, {}, cost_of);
    for (const Filter& filter : filters) {
      out += "      " + filter_text(filter) + "  ; line " + std::to_string(line_of(filter)) + "\n";
    }
    out += "      then";
    for (const CheckedAction& action : selector.actions) {
      out += " " + action_text(action);
      if (action.kernel_stack) out += " with the kernel's stack";
      if (action.rate_limit) out += rate_text(*action.rate_limit);
      if (!action.target.empty()) out += " " + action.target;
      if (action.user_stack) out += " with the process's stack";
      if (hook.kind == HookKind::kLoader) out += " unless the file has no build id";
      if (action.ima_hash) out += " with the file's hash, for which the call waits";
    }
    out += "\n";
  }
  out += "    record, schema " + std::to_string(schema.id) + ": " + std::to_string(schema.fixed_size) +
         " bytes and the paths; header at 0";
  for (size_t n = 0; n < schema.fields.size(); ++n) {
    const Field& field = schema.fields[n];
    out += field.place == FieldPlace::kEvent ? ", " : ", args[" + std::to_string(n) + "] ";
    out += std::string(field_name(field.type)) + " at " + std::to_string(field.offset);
  }
  return out + "\n";
}

std::string range_text(uint32_t base, const CostRange& range) {
  const std::string least = std::to_string(base + range.least);
  const std::string most = std::to_string(base + range.most);
  return least == most ? least : least + " to " + most;
}

// Of a call of the empty program. A USDT probe is a nop, which the kernel passes over; other instructions it has the
// process run by themselves, which takes a second trap.
uint32_t floor_of(const HookPlan& plan) {
  constexpr uint32_t kNop = 947;
  const bool nops = std::ranges::all_of(
      plan.sections, [](const HookSection& section) { return section.section().kind == HookKind::kUsdt; });
  return nops ? kNop : floor_price(plan.attachment);
}

// What calls cost that no selector matches.
std::string cost_text(const HookPlan& plan, const Lowered& lowered) {
  const uint32_t floor = floor_of(plan);
  const std::optional<CostRange> filter = cost_of_miss(lowered.filter, plan.attachment);
  const std::optional<CostRange> judge = cost_of_miss(lowered.judge, plan.attachment);
  std::string out;
  if (filter) {
    out += "  a call that the filter rejects costs about " + range_text(floor, *filter) + " instructions, " +
           std::to_string(floor) + " of them for the call itself\n";
  }
  if (judge) {
    out += "  one that only the judge rejects costs about " +
           range_text(floor + (filter ? filter->most : 0), *judge) + "\n";
  }
  if (!filter && !judge) out += "  every call matches\n";
  return out;
}

}  // namespace

Result<std::string> explain(const HookPlan& plan, const Kernel& kernel) {
  const Result<Translation> translated = translate(plan, kernel, {});
  if (!translated) return std::unexpected(translated.error());
  const auto& [lowered, filter, judge] = *translated;

  std::string out = "hook " + full_name(plan.target) + "\n";
  const CheckedHook& first =
      plan.sections.empty() ? plan.enforced.front().hook() : plan.sections.front().section();
  out += "  attached by " + std::string(attachment_name(plan.attachment)) + ": " + first.attachment_reason +
         "\n";
  if (hold_of(plan.attachment, kernel) == Hold::kWhole) {
    out +=
        "  preemption is off while it runs: otherwise other tasks' calls on that CPU could be missed while "
        "its task waits\n";
  }
  if (policy::sees_layers(first))
    out += "  on overlayfs it is called again for the underlying layer, with the path inside that layer\n";
  out += "  filter, on every call:\n";
  for (const std::string& step : lowered.filter_plan.steps) out += "    " + step + "\n";
  out += cost_text(plan, lowered);
  out += "  judge, on calls that pass the filter:\n";
  for (size_t n = plan.sections.size(); n-- > 0;) out += section_text(plan.sections[n], lowered.schemas[n]);
  for (const EnforcedCall& call : plan.enforced) {
    out += "  enforcer of policy " + call.policy->name + " (" + call.policy->source_name + ":" +
           std::to_string(call.hook().span.line) +
           "): a notice that waits for the thread is taken, last of all\n";
  }
  out += "  library " + std::string(library_for(plan.attachment, kernel).name) + "\n";
  out += "\nfilter program, " + std::to_string(filter.instructions.size()) + " instructions:\n";
  out += print_code(filter, lowered.filter);
  out += "\njudge program, " + std::to_string(judge.instructions.size()) + " instructions:\n";
  out += print_code(judge, lowered.judge);
  return out;
}

}  // namespace tripline
