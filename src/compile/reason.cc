// SPDX-License-Identifier: Apache-2.0
#include "compile/reason.h"

#include "compile/filter_text.h"
#include "pods/scope.h"

namespace tripline {
namespace {

// Values of a filter that are told: lists have thousands, and a reason stays in memory for each selector.
constexpr size_t kMostValues = 8;

uint32_t line_number(int line) { return static_cast<uint32_t>(line); }

}  // namespace

std::shared_ptr<const Reason> reason_of(const HookSection& section, size_t number) {
  const CheckedHook& hook = section.section();
  const CheckedSelector& selector = hook.selectors[number];
  // One that is not written is where its hook is.
  const int line = selector.implied || selector.span.line == 0 ? hook.span.line : selector.span.line;
  Reason out{.file = section.policy->source_name,
             .line = line_number(line),
             .selector = static_cast<uint32_t>(number),
             .label = selector.label,
             .implied = selector.implied,
             .held = {}};
  // Whom it is about was asked when the call began.
  if (!section.at_return) {
    if (section.policy->scope) out.held.push_back({"only for " + text_of(*section.policy->scope), 0});
    if (selector.scope) out.held.push_back({"only for " + text_of(*selector.scope), out.line});
  }
  for (const Filter& filter : selector.filters)
    out.held.push_back({filter_text(filter, kMostValues), line_number(line_of(filter))});
  return std::make_shared<const Reason>(std::move(out));
}

}  // namespace tripline
