// SPDX-License-Identifier: Apache-2.0
#include "agree/trial.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "abi/scratch.h"
#include "compile/lower.h"

namespace tripline::agree {
namespace {

constexpr size_t kMaxDescribed = 20000;

// Registers, and the number of the call.
const std::vector<ArgType> kOfSysEnter = {ArgType::kInt64, ArgType::kInt64};

uint64_t number_in(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

// What long buffers take in the ring, in records of the usual size.
uint32_t more_records(const HookPlan& plan) {
  const bool all = std::ranges::any_of(plan.sections, [](const HookSection& section) {
    return std::ranges::any_of(section.section().args, &CheckedArg::max_data);
  });
  return all ? TL_DATA_MAX / TL_RECORD_MAX + 1 : 0;
}

}  // namespace

uint64_t cases(uint64_t usual) { return number_in("TRIPLINE_AGREE_CASES", usual); }
uint64_t first_seed() { return number_in("TRIPLINE_AGREE_SEED", 1); }

Result<std::unique_ptr<Trial>> Trial::create(std::vector<CheckedPolicy> policies, const oracle::Shape& shape,
                                             const Kernel& kernel, const Numbering& given,
                                             const ScopeMaps* scopes) {
  std::unique_ptr<Trial> out(new Trial);
  std::vector<std::shared_ptr<const CheckedPolicy>> shared;
  shared.reserve(policies.size());
  for (CheckedPolicy& policy : policies) shared.push_back(std::make_shared<CheckedPolicy>(std::move(policy)));
  std::vector<HookPlan> plans = plan_hooks(shared);
  if (plans.size() != 1) return fail("plan", shape.function, 0, "the policies have more than one hook");
  out->plan_ = std::move(plans[0]);
  out->shape_ = shape;
  out->kernel_ = kernel;
  const Numbering numbering = with_facts(given, out->plan_);
  out->facts_ = numbering.facts;
  Result<Object> object = compile(out->plan_, kernel, numbering);
  if (!object) return std::unexpected(object.error());
  out->object_ = std::move(*object);
  out->form_ = lower(out->plan_, kernel, numbering).filter_plan.form;
  if (out->object_.schemas.size() != out->plan_.sections.size()) {
    return fail("compile", shape.function, 0, "every section must have a schema");
  }
  out->expectation_ = std::make_unique<Expectation>(out->plan_, out->object_.schemas, numbering);
  const uint32_t counters = numbering.first_counter + counters_of(out->plan_);
  Result<std::unique_ptr<Runner>> runner =
      Runner::load(out->object_, shape.of_syscall ? kOfSysEnter : shape.parameters, counters,
                   static_cast<uint32_t>(out->plan_.sections.size()) + more_records(out->plan_),
                   numbering.facts->entry_size(), shape.of_syscall, {}, scopes);
  if (!runner) return std::unexpected(runner.error());
  out->runner_ = std::move(*runner);
  for (size_t n = 0; n < out->plan_.sections.size(); ++n) {
    const auto set =
        out->runner_->set_enforces(mode_of(numbering, n), out->plan_.sections[n].policy->enforce);
    if (!set) return std::unexpected(set.error());
  }
  return out;
}

std::string Trial::call(const oracle::Call& call, std::span<const uint64_t> arguments,
                        const oracle::Process& process) {
  Result<Records> got = runner_->call(arguments);
  if (!got) return got.error().text();
  take_data(*got);
  const std::string wrong = expectation_->call(call, std::move(*got), process);
  if (!wrong.empty() || plan_.enforced.empty()) return wrong;
  const int32_t wanted = expectation_->overridden().value_or(0);
  return runner_->result() == wanted
             ? ""
             : "it returns " + std::to_string(runner_->result()) + " in place of " + std::to_string(wanted);
}

void Trial::take_data(Records& records) {
  data_.clear();
  std::erase_if(records, [&](const std::vector<std::byte>& record) {
    tl_data head{};
    std::memcpy(&head, record.data(), std::min(record.size(), sizeof(head)));
    if (head.head.kind != TL_RECORD_DATA) return false;
    data_.append(reinterpret_cast<const char*>(record.data()) + sizeof(head), record.size() - sizeof(head));
    return true;
  });
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
