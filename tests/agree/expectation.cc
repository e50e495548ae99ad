// SPDX-License-Identifier: Apache-2.0
#include "agree/expectation.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>

#include "abi/record.h"
#include "oracle/generate.h"

namespace tripline::agree {
namespace {

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

}  // namespace

Expectation::Expectation(HookPlan plan, std::vector<Schema> schemas, const Numbering& numbering)
    : plan_(std::move(plan)),
      schemas_(std::move(schemas)),
      numbering_(numbering),
      counters_(numbering.first_counter + counters_of(plan_)) {}

std::vector<std::byte> Expectation::record(size_t section, const oracle::Verdict& verdict,
                                           const oracle::Call& call) const {
  const CheckedHook& hook = plan_.sections[section].section();
  const Schema& schema = schemas_[section];
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

std::string Expectation::call(const oracle::Call& call, Records got) {
  // The event of the policy loaded last comes first, and within a policy that of its last section.
  Records expected;
  for (size_t n = plan_.sections.size(); n-- > 0;) {
    const std::optional<oracle::Verdict> verdict = oracle::judge(plan_.sections[n].section(), call);
    if (!verdict) continue;
    ++matches_;
    const SelectorInfo& info = schemas_.at(n).selectors.at(verdict->selector);
    if (info.action != name_of(verdict->action)) return "the manifest names another action";
    tl_counter& counter = counters_.at(info.counter);
    ++(verdict->posted ? counter.posted : counter.unposted);
    (plan_.sections[n].policy->enforce ? counter.signals : counter.monitored) += verdict->kills;
    if (verdict->posted) expected.push_back(record(n, *verdict, call));
  }
  for (size_t i = 0; i < std::max(got.size(), expected.size()); ++i) {
    if (i >= got.size()) return "call" + text_of(call) + "\nno record, expected " + text_of(expected[i]);
    std::vector<std::byte>& record = got[i];
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

std::string Expectation::counters(std::span<const tl_counter> got) const {
  for (size_t i = 0; i < counters_.size(); ++i) {
    if (i < got.size() && std::memcmp(&got[i], &counters_[i], sizeof(tl_counter)) == 0) continue;
    return "counter " + std::to_string(i) + ": " + (i < got.size() ? text_of(got[i]) : "none") +
           "\nexpected " + text_of(counters_[i]);
  }
  return {};
}

}  // namespace tripline::agree
