// SPDX-License-Identifier: Apache-2.0
#include "agree/trial.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <optional>

#include "abi/record.h"
#include "compile/lower.h"

namespace tripline::agree {
namespace {

constexpr size_t kMaxDescribed = 20000;

ActionName name_of(CheckedAction::Kind kind) {
  switch (kind) {
    case CheckedAction::Kind::kPost:
      return ActionName::kPost;
    case CheckedAction::Kind::kNoPost:
      return ActionName::kNoPost;
    case CheckedAction::Kind::kSigkill:
      return ActionName::kSigkill;
  }
  return ActionName::kPost;
}

template <typename T>
void put(std::vector<std::byte>& out, size_t at, const T& item) {
  std::memcpy(out.data() + at, &item, sizeof(item));
}

std::string text_of(const oracle::Call& call) {
  std::string out;
  for (const oracle::Argument& argument : call) {
    if (const int32_t* number = std::get_if<int32_t>(&argument)) {
      out += " " + std::to_string(*number);
    } else {
      const auto& file = std::get<oracle::File>(argument);
      out += " " + oracle::shown(file.path) + (file.unresolved ? " (unresolved)" : "");
    }
  }
  return out;
}

std::string text_of(const std::vector<std::byte>& record) {
  tl_record head = {};
  std::memcpy(&head, record.data(), std::min(record.size(), sizeof(head)));
  std::string out = "schema " + std::to_string(head.schema) + " selector " + std::to_string(head.selector);
  out += " size " + std::to_string(head.size) + "/" + std::to_string(record.size()) + " after the head ";
  return out + oracle::shown(std::string(reinterpret_cast<const char*>(record.data()), record.size())
                                 .substr(std::min(record.size(), sizeof(head))));
}

std::string text_of(const tl_counter& counter) {
  return "posted " + std::to_string(counter.posted) + " lost " + std::to_string(counter.lost) + " unposted " +
         std::to_string(counter.unposted) + " signals " + std::to_string(counter.signals) + " monitored " +
         std::to_string(counter.monitored);
}

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
  for (CheckedPolicy& policy : policies) shared.push_back(std::make_shared<CheckedPolicy>(std::move(policy)));
  std::vector<HookPlan> plans = plan_hooks(shared);
  if (plans.size() != 1) return fail("plan", shape.function, 0, "the policies have more than one hook");
  out->plan_ = std::move(plans[0]);
  out->kernel_ = kernel;
  out->numbering_ = numbering;
  Result<Object> object = compile(out->plan_, kernel, numbering);
  if (!object) return std::unexpected(object.error());
  out->object_ = std::move(*object);
  out->form_ = lower(out->plan_, kernel, numbering).filter_plan.form;
  if (out->object_.schemas.size() != out->plan_.sections.size()) {
    return fail("compile", shape.function, 0, "every section must have a schema");
  }
  const uint32_t counters = numbering.first_counter + counters_of(out->plan_);
  out->expected_.resize(counters);
  Result<std::unique_ptr<Runner>> runner = Runner::load(out->object_, shape.parameters, counters,
                                                        static_cast<uint32_t>(out->plan_.sections.size()));
  if (!runner) return std::unexpected(runner.error());
  out->runner_ = std::move(*runner);
  return out;
}

std::vector<std::byte> Trial::record(size_t section, const oracle::Verdict& verdict,
                                     const oracle::Call& call) const {
  const CheckedHook& hook = plan_.sections[section].section();
  const Schema& schema = object_.schemas[section];
  std::vector<std::byte> out(schema.fixed_size);
  for (size_t i = 0; i < hook.args.size(); ++i) {
    const oracle::Argument& argument = call.at(hook.args[i].parameter);
    if (const int32_t* number = std::get_if<int32_t>(&argument)) {
      put(out, schema.fields.at(i).offset, *number);
      continue;
    }
    const auto& file = std::get<oracle::File>(argument);
    const tl_file field = {static_cast<uint32_t>(file.path.size()), file.mode,
                           static_cast<uint16_t>(file.unresolved ? TL_FILE_UNRESOLVED : 0)};
    put(out, schema.fields.at(i).offset, field);
    const auto bytes = std::as_bytes(std::span(file.path));
    out.insert(out.end(), bytes.begin(), bytes.end());
  }
  tl_record head = {};
  head.size = static_cast<uint32_t>(out.size());
  head.kind = TL_RECORD_HOOK;
  head.tgid = static_cast<uint32_t>(getpid());
  head.tid = static_cast<uint32_t>(syscall(SYS_gettid));
  head.schema = numbering_.first_schema + static_cast<uint32_t>(section);
  head.selector = static_cast<uint32_t>(verdict.selector);
  put(out, 0, head);
  return out;
}

std::string Trial::call(const oracle::Call& call, std::span<const uint64_t> arguments) {
  // The event of the policy loaded last comes first, and within a policy that of its last section.
  std::vector<std::vector<std::byte>> expected;
  for (size_t n = plan_.sections.size(); n-- > 0;) {
    const std::optional<oracle::Verdict> verdict = oracle::judge(plan_.sections[n].section(), call);
    if (!verdict) continue;
    ++matches_;
    const SelectorInfo& info = object_.schemas[n].selectors.at(verdict->selector);
    if (info.action != name_of(verdict->action)) return "the manifest names another action";
    tl_counter& counter = expected_.at(info.counter);
    ++(verdict->posted ? counter.posted : counter.unposted);
    (plan_.sections[n].policy->enforce ? counter.signals : counter.monitored) += verdict->kills;
    if (verdict->posted) expected.push_back(record(n, *verdict, call));
  }
  Result<std::vector<std::vector<std::byte>>> got = runner_->call(arguments);
  if (!got) return got.error().text();
  for (size_t i = 0; i < std::max(got->size(), expected.size()); ++i) {
    if (i >= got->size()) return "call" + text_of(call) + "\nno record, expected " + text_of(expected[i]);
    std::vector<std::byte>& record = (*got)[i];
    uint64_t time = 0;
    if (record.size() >= sizeof(tl_record)) {
      std::memcpy(&time, record.data() + offsetof(tl_record, time), sizeof(time));
      put(record, offsetof(tl_record, time), uint64_t{0});
    }
    if (i >= expected.size()) return "call" + text_of(call) + "\nunexpected record " + text_of(record);
    if (time < time_) return "time goes back";
    time_ = time;
    if (record == expected[i]) continue;
    return "call" + text_of(call) + "\nrecord   " + text_of(record) + "\nexpected " + text_of(expected[i]);
  }
  return {};
}

std::string Trial::counters() {
  const Result<std::vector<tl_counter>> got = runner_->counters();
  if (!got) return got.error().text();
  for (size_t i = 0; i < expected_.size(); ++i) {
    if (std::memcmp(&(*got)[i], &expected_[i], sizeof(tl_counter)) == 0) continue;
    return "counter " + std::to_string(i) + ": " + text_of((*got)[i]) + "\nexpected " + text_of(expected_[i]);
  }
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
