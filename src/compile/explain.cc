// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "compile/compile.h"
#include "compile/filter.h"
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
using policy::Operator;
using policy::word;

Operator operator_of(IntFilter::Op op) {
  return row_with(policy::kIntMeanings, &policy::IntMeaning::op, op).word;
}
Operator operator_of(TextOp op) { return row_with(policy::kTextMeanings, &policy::TextMeaning::op, op).word; }
Operator operator_of(const SocketFilter& filter) {
  const auto* const found = std::ranges::find_if(policy::kSocketMeanings, [&](const auto& row) {
    return row.field == filter.field && row.negated == filter.negated;
  });
  return found->word;
}

constexpr auto kCapabilitySets = std::to_array<std::string_view>(
    {"effective capabilities", "inheritable capabilities", "permitted capabilities"});

std::string_view task_name(TaskNumber number) {
  constexpr std::array<std::string_view, 12> kNames = {"process id",
                                                       "process id in its namespace",
                                                       "uts namespace",
                                                       "ipc namespace",
                                                       "mnt namespace",
                                                       "pid namespace",
                                                       "pid namespace for children",
                                                       "net namespace",
                                                       "time namespace",
                                                       "time namespace for children",
                                                       "cgroup namespace",
                                                       "user namespace"};
  const auto first = static_cast<size_t>(TaskNumber::kEffective);
  static_assert(kNames.size() == static_cast<size_t>(TaskNumber::kEffective));
  const auto position = static_cast<size_t>(number);
  return position < first ? kNames[position] : kCapabilitySets[position - first];
}

std::string_view fact_name(FactClause::Kind kind) {
  constexpr std::array<std::string_view, 6> kNames = {
      "binary In",           "binary Prefix",
      "binary Postfix",      "descends from binary In",
      "descends from id In", "descends from id in its namespace In"};
  return kNames[static_cast<size_t>(kind)];
}

std::string block_text(const AddressBlock& block) {
  std::array<char, INET6_ADDRSTRLEN> text = {};
  inet_ntop(block.is_ipv6 ? AF_INET6 : AF_INET, block.bytes.data(), text.data(), text.size());
  return std::string(text.data()) + "/" + std::to_string(block.prefix);
}

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

// Bytes that are no plain characters as \xNN.
std::string quote(const std::string& bytes) {
  std::string out = "\"";
  for (const char each : bytes) {
    const auto byte = static_cast<unsigned char>(each);
    if (byte >= 0x20 && byte != 0x7f) {
      out += each;
    } else {
      constexpr std::string_view kHex = "0123456789abcdef";
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out + '"';
}

std::string rate_text(const RateLimit& limit) {
  std::string out = " at most once every " + std::to_string(limit.interval) + " ms";
  if (limit.scope == RateLimit::Scope::kThread) out += " per thread";
  if (limit.scope == RateLimit::Scope::kProcess) out += " per process";
  return out;
}

struct FilterText {
  std::string operator()(const IntFilter& filter) const {
    std::string out = "args[" + std::to_string(filter.arg) + "] " + std::string(word(operator_of(filter.op)));
    for (const IntRange& value : filter.values) {
      out += " " + std::to_string(value.low);
      if (value.high != value.low) out += ":" + std::to_string(value.high);
    }
    return out;
  }
  std::string operator()(const PathFilter& filter) const { return text(filter); }
  std::string operator()(const TextFilter& filter) const { return text(filter); }
  template <typename T>
  static std::string text(const T& filter) {
    std::string out = "args[" + std::to_string(filter.arg) + "] " + std::string(word(operator_of(filter.op)));
    for (const std::string& value : filter.values) out += " " + quote(value);
    return out;
  }
  std::string operator()(const FileTypeFilter& filter) const {
    std::string out = "args[" + std::to_string(filter.arg) + "] " +
                      std::string(word(filter.negated ? Operator::kNotFileType : Operator::kFileType));
    for (const uint16_t type : filter.types)
      out +=
          " " + std::string(row_with(policy::kFileTypeMeanings, &policy::FileTypeMeaning::type, type).word);
    return out;
  }
  std::string operator()(const CelFilter&) const { return std::string(word(Operator::kCelExpr)); }
  std::string operator()(const SocketFilter& filter) const {
    std::string out = "args[" + std::to_string(filter.arg) + "] " + std::string(word(operator_of(filter)));
    for (const AddressBlock& each : filter.addresses) out += " " + block_text(each);
    for (const IntRange& value : filter.numbers) {
      out += " " + std::to_string(value.low);
      if (value.high != value.low) out += ":" + std::to_string(value.high);
    }
    return out;
  }
  std::string operator()(const CapabilitiesGainedFilter& filter) const {
    return "args[" + std::to_string(filter.old) + "] " + std::string(word(Operator::kCapabilitiesGained)) +
           " args[" + std::to_string(filter.gained) + "]";
  }
  std::string operator()(const TaskFilter& filter) const {
    std::string out(task_name(filter.number));
    out += filter.is_mask   ? filter.negated ? " has none of" : " has one of"
           : filter.negated ? " is none of"
                            : " is one of";
    for (const uint64_t value : filter.values) out += " " + std::to_string(value);
    return out;
  }
  std::string operator()(const FactFilter& filter) const {
    std::string out(filter.parent ? "parent " : "process ");
    out += filter.negated ? "not " : "";
    out += fact_name(filter.clause.kind);
    for (const std::string& path : filter.clause.paths) out += " \"" + path + "\"";
    for (const uint32_t pid : filter.clause.pids) out += " " + std::to_string(pid);
    return out;
  }
  std::string operator()(const ChangeFilter& filter) const {
    const bool namespaces = filter.what == ChangeFilter::What::kNamespaces;
    const std::string_view what =
        namespaces ? "namespaces" : kCapabilitySets[static_cast<size_t>(filter.what) - 1];
    return std::string(what) + " changed" + (filter.others ? " outside " : " among ") +
           std::to_string(filter.listed);
  }
  std::string operator()(const ConstantFilter& filter) const { return filter.passes ? "always" : "never"; }
};

std::string filter_text(const Filter& filter) { return std::visit(FilterText{}, filter); }

int line_of(const Filter& filter) {
  return std::visit([](const auto& f) { return f.span.line; }, filter);
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
