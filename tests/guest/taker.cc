// SPDX-License-Identifier: Apache-2.0
#include "taker.h"

#include <utility>

#include "admission/admission.h"
#include "base/diagnostics.h"
#include "base/source.h"
#include "compile/compile.h"
#include "compile/plan.h"
#include "policy/policy.h"

namespace tripline {
namespace {

constexpr uint32_t kNever = 0x7fffffff;  // an epoch

}  // namespace

Answer ask(const std::string& text, const Kernel& kernel) {
  const Source source{"policy", text};
  Diagnostics diagnostics;
  const auto parsed = parse(source, diagnostics);
  auto checked = parsed ? check(*parsed, kernel, diagnostics, {.parents_map = true}, read_files(*parsed, ""))
                        : std::nullopt;
  Answer out;
  if (checked) out.policy = std::make_shared<const CheckedPolicy>(std::move(*checked));
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    if (diagnostic.severity == Severity::kError) out.errors += render(source, diagnostic);
  }
  return out;
}

std::string Taker::refusal(const std::shared_ptr<const CheckedPolicy>& policy, bool attach) {
  const std::vector<HookPlan> plans = plan_hooks({&policy, 1});
  const Result<FactsPtr> facts = facts_for(facts_of(plans), facts_, versions_, kernel_, host_);
  if (!facts) return facts.error().text();
  facts_ = *facts;
  for (const HookPlan& plan : plans) {
    const bool asks = facts_ && facts_of({&plan, 1}).any();
    Numbering numbers{.slot = 1, .born = kNever, .pairs = std::vector<uint32_t>(plan.sections.size(), 1)};
    if (asks) numbers.facts = facts_->table;
    const Result<Object> object = compile(plan, kernel_, numbers);
    if (!object) return object.error().text();
    Result<Programs> programs = host_.load(*object, {.facts = asks ? facts_->maps.get() : nullptr});
    if (!programs) return programs.error().text();
    if (!attach) continue;
    if (const auto attached = programs->attach(); !attached) return attached.error().text();
  }
  return {};
}

}  // namespace tripline
