// SPDX-License-Identifier: Apache-2.0
#include "agree/trial.h"

#include <cstdlib>

#include "compile/lower.h"

namespace tripline::agree {
namespace {

constexpr size_t kMaxDescribed = 20000;

uint64_t number_in(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

}  // namespace

uint64_t cases(uint64_t usual) { return number_in("TRIPLINE_AGREE_CASES", usual); }
uint64_t first_seed() { return number_in("TRIPLINE_AGREE_SEED", 1); }

Result<std::unique_ptr<Trial>> Trial::create(std::vector<CheckedPolicy> policies, const oracle::Shape& shape,
                                             const Kernel& kernel, const Numbering& numbering) {
  std::unique_ptr<Trial> out(new Trial);
  std::vector<std::shared_ptr<const CheckedPolicy>> shared;
  shared.reserve(policies.size());
  for (CheckedPolicy& policy : policies) shared.push_back(std::make_shared<CheckedPolicy>(std::move(policy)));
  std::vector<HookPlan> plans = plan_hooks(shared);
  if (plans.size() != 1) return fail("plan", shape.function, 0, "the policies have more than one hook");
  out->plan_ = std::move(plans[0]);
  out->kernel_ = kernel;
  Result<Object> object = compile(out->plan_, kernel, numbering);
  if (!object) return std::unexpected(object.error());
  out->object_ = std::move(*object);
  out->form_ = lower(out->plan_, kernel, numbering).filter_plan.form;
  if (out->object_.schemas.size() != out->plan_.sections.size()) {
    return fail("compile", shape.function, 0, "every section must have a schema");
  }
  out->expectation_ = std::make_unique<Expectation>(out->plan_, out->object_.schemas, numbering);
  const uint32_t counters = numbering.first_counter + counters_of(out->plan_);
  Result<std::unique_ptr<Runner>> runner = Runner::load(out->object_, shape.parameters, counters,
                                                        static_cast<uint32_t>(out->plan_.sections.size()));
  if (!runner) return std::unexpected(runner.error());
  out->runner_ = std::move(*runner);
  return out;
}

std::string Trial::call(const oracle::Call& call, std::span<const uint64_t> arguments) {
  Result<Records> got = runner_->call(arguments);
  return got ? expectation_->call(call, std::move(*got)) : got.error().text();
}

std::string Trial::counters() const {
  const Result<std::vector<tl_counter>> got = runner_->counters();
  if (!got) return got.error().text();
  if (std::string wrong = expectation_->counters(*got); !wrong.empty()) return wrong;
  return runner_->unjudged() == 0 ? "" : "calls were not judged";
}

std::string Trial::describe() const {
  std::string out;
  const CheckedPolicy* last = nullptr;
  for (const HookSection& section : plan_.sections) {
    if (section.policy.get() != last) out += oracle::describe(*section.policy);
    last = section.policy.get();
  }
  const Result<std::string> explained = explain(plan_, kernel_);
  out += explained ? *explained : explained.error().text();
  if (out.size() > kMaxDescribed) out = out.substr(0, kMaxDescribed) + "\n...";
  return out;
}

}  // namespace tripline::agree
