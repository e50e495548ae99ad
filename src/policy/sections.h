// SPDX-License-Identifier: Apache-2.0
// The sections of a spec that hold hooks, one row for each, in the order of the language. Whoever goes through all of
// them does it here: a section that is added is parsed, printed, expanded, checked and probed for, or does not compile.
#pragma once

#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

#include "policy/checked.h"
#include "policy/policy.h"

namespace tripline::policy {

template <typename Hook>
struct Section {
  std::string_view name;  // in a document
  std::vector<Hook> Spec::* hooks;
  std::string_view shown;        // what status says before the hook's name
  std::optional<HookKind> kind;  // of its hooks; absent: not built yet
};

inline constexpr std::tuple kSections = {
    Section<FunctionHook>{"kprobes", &Spec::kprobes, "kprobe", HookKind::kKprobe},
    Section<FunctionHook>{"fentries", &Spec::fentries, "fentry", HookKind::kFentry},
    Section<TracepointHook>{"tracepoints", &Spec::tracepoints, "tracepoint", HookKind::kTracepoint},
    Section<LsmHook>{"lsmhooks", &Spec::lsm_hooks, "lsm", HookKind::kLsm},
    Section<UprobeHook>{"uprobes", &Spec::uprobes, "uprobe", HookKind::kUprobe},
    Section<UsdtHook>{"usdts", &Spec::usdts, "usdt", HookKind::kUsdt},
};

// Calls visit(section, hooks) for each of them, empty ones too. `spec` may be const.
template <typename AnySpec, typename Visit>
void for_each_section(AnySpec& spec, Visit&& visit) {
  std::apply([&](const auto&... section) { (visit(section, spec.*(section.hooks)), ...); }, kSections);
}

// "kprobe": what status calls hooks of this kind.
constexpr std::string_view shown_kind(HookKind kind) {
  std::string_view out;
  const auto look = [&](const auto& section) {
    if (section.kind == kind) out = section.shown;
  };
  std::apply([&](const auto&... section) { (look(section), ...); }, kSections);
  return out;
}

}  // namespace tripline::policy
