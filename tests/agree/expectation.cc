// SPDX-License-Identifier: Apache-2.0
#include "agree/expectation.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>

#include "abi/value.h"
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
    case CheckedAction::Kind::kGetUrl:
      return ActionName::kGetUrl;
    case CheckedAction::Kind::kDnsLookup:
      return ActionName::kDnsLookup;
    case CheckedAction::Kind::kSignal:
      return ActionName::kSignal;
    case CheckedAction::Kind::kOverride:
      return ActionName::kOverride;
    case CheckedAction::Kind::kSet:
      return ActionName::kSet;
    case CheckedAction::Kind::kTrackSock:
      return ActionName::kTrackSock;
    case CheckedAction::Kind::kUntrackSock:
      return ActionName::kUntrackSock;
    case CheckedAction::Kind::kNotifyEnforcer:
      return ActionName::kNotifyEnforcer;
    case CheckedAction::Kind::kCleanupEnforcerNotification:
      return ActionName::kCleanupEnforcerNotification;
  }
  return ActionName::kPost;
}

template <typename T>
void put(std::vector<std::byte>& out, size_t at, const T& item) {
  std::memcpy(out.data() + at, &item, sizeof(item));
}

void put_text(std::vector<std::byte>& out, const Field& field, const oracle::Text& text) {
  tl_bytes head{};
  head.head.size = static_cast<uint32_t>(text.bytes.value_or("").size());
  const bool buffer = field.type == FieldType::kBytes;
  if (!text.bytes) head.head.status = buffer ? TL_VALUE_BUFFER_FAULT : TL_VALUE_BAD_ADDRESS;
  if (buffer && text.bytes) head.whole = text.whole;
  std::memcpy(out.data() + field.offset, &head, buffer ? sizeof(tl_bytes) : sizeof(tl_field));
  if (!text.bytes) return;
  const auto bytes = std::as_bytes(std::span(*text.bytes));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void put_endpoint(std::vector<std::byte>& out, const Field& field, const oracle::Endpoint& endpoint) {
  const auto address = [](const std::array<uint8_t, 16>& bytes) {
    tl_address made;
    std::ranges::copy(bytes, made.bytes);
    return made;
  };
  const tl_field head{0, endpoint.readable ? uint32_t{TL_VALUE_OK} : uint32_t{TL_VALUE_BAD_ADDRESS}};
  if (!endpoint.readable) {
    put(out, field.offset, head);
  } else if (field.type == FieldType::kSock) {
    put(out, field.offset,
        tl_sock{head, endpoint.family, endpoint.type, endpoint.protocol, endpoint.state, endpoint.mark,
                endpoint.priority, address(endpoint.source), address(endpoint.destination),
                endpoint.source_port, endpoint.destination_port, 0, endpoint.cookie});
  } else if (field.type == FieldType::kSkb) {
    put(out, field.offset,
        tl_skb{head, endpoint.hash, endpoint.length, endpoint.priority, endpoint.mark,
               address(endpoint.source), address(endpoint.destination), endpoint.source_port,
               endpoint.destination_port, endpoint.family, endpoint.protocol, 0, 0});
  } else {
    put(out, field.offset,
        tl_sockaddr{head, endpoint.family, endpoint.source_port, 0, address(endpoint.source)});
  }
}

void put_name(std::vector<std::byte>& out, const Field& field, const oracle::UnixAddress& address) {
  tl_sockaddr_un head{};
  if (!address.readable) {
    head.head.status = TL_VALUE_BAD_ADDRESS;
    put(out, field.offset, head);
    return;
  }
  head.head.size = static_cast<uint32_t>(address.name.size());
  head.family = address.family;
  head.is_abstract = address.is_abstract ? 1 : 0;
  put(out, field.offset, head);
  const auto bytes = std::as_bytes(std::span(address.name));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

std::string text_of(const oracle::Endpoint& endpoint) {
  if (!endpoint.readable) return " unreadable";
  const auto hex = [](const std::array<uint8_t, 16>& bytes) {
    return oracle::shown(std::string(bytes.begin(), bytes.end()));
  };
  return " family " + std::to_string(endpoint.family) + " protocol " + std::to_string(endpoint.protocol) +
         " state " + std::to_string(endpoint.state) + " " + hex(endpoint.source) + ":" +
         std::to_string(endpoint.source_port) + " -> " + hex(endpoint.destination) + ":" +
         std::to_string(endpoint.destination_port);
}

std::string text_of(const oracle::Call& call) {
  std::string out;
  for (const oracle::Argument& argument : call) {
    if (const int64_t* number = std::get_if<int64_t>(&argument)) {
      out += " " + std::to_string(*number);
    } else if (const auto* text = std::get_if<oracle::Text>(&argument)) {
      out += text->bytes ? " " + oracle::shown(*text->bytes) : " (unreadable)";
    } else if (const auto* endpoint = std::get_if<oracle::Endpoint>(&argument)) {
      out += text_of(*endpoint);
    } else if (const auto* address = std::get_if<oracle::UnixAddress>(&argument)) {
      out += " family " + std::to_string(address->family) + (address->is_abstract ? " @" : " ") +
             (address->readable ? oracle::shown(address->name) : "(unreadable)");
    } else if (const auto* capabilities = std::get_if<oracle::Capabilities>(&argument)) {
      out += capabilities->set ? " set " + std::to_string(*capabilities->set) : " no set";
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
         std::to_string(counter.monitored_signals) + " overrides " + std::to_string(counter.overrides) +
         " monitored " + std::to_string(counter.monitored_overrides) + " notices " +
         std::to_string(counter.notices) + " monitored " + std::to_string(counter.monitored_notices) +
         " sets " + std::to_string(counter.sets) + " monitored " + std::to_string(counter.monitored_sets) +
         " opened " + std::to_string(counter.opened) + " returned " + std::to_string(counter.returned);
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
    const oracle::Argument& argument = call.at(hook.args[i].source.index);
    if (const int64_t* number = std::get_if<int64_t>(&argument)) {
      put(out, schema.fields.at(i).offset, tl_number{{}, oracle::extended(hook.args[i].type, *number)});
      continue;
    }
    if (const auto* text = std::get_if<oracle::Text>(&argument)) {
      put_text(out, schema.fields.at(i), *text);
      continue;
    }
    if (const auto* endpoint = std::get_if<oracle::Endpoint>(&argument)) {
      put_endpoint(out, schema.fields.at(i), *endpoint);
      continue;
    }
    if (const auto* address = std::get_if<oracle::UnixAddress>(&argument)) {
      put_name(out, schema.fields.at(i), *address);
      continue;
    }
    if (const auto* capabilities = std::get_if<oracle::Capabilities>(&argument)) {
      tl_number field{};
      field.head.status = capabilities->set ? TL_VALUE_OK : TL_VALUE_BAD_ADDRESS;
      field.number = capabilities->set.value_or(0);
      put(out, schema.fields.at(i).offset, field);
      continue;
    }
    const auto& file = std::get<oracle::File>(argument);
    tl_path field{};
    field.head.size = static_cast<uint32_t>(file.path.size());
    field.mode = file.mode;
    field.flags = static_cast<uint16_t>((file.unresolved ? TL_PATH_FLAG_UNRESOLVED : 0) |
                                        (file.has_inode ? 0 : TL_PATH_FLAG_NO_INODE));
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

std::string Expectation::call(const oracle::Call& call, Records got, const oracle::Process& process) {
  renews_namespaces_ = renews_capabilities_ = false;
  // The event of the policy loaded last comes first, and within a policy that of its last section.
  Records expected;
  overridden_.reset();
  for (size_t n = plan_.sections.size(); n-- > 0;) {
    if (!oracle::concerns(plan_.sections[n].policy->scope, process)) continue;
    const std::optional<oracle::Verdict> verdict = oracle::judge(plan_.sections[n].section(), call, process);
    if (!verdict) continue;
    renews_namespaces_ |= verdict->renews_namespaces;
    renews_capabilities_ |= verdict->renews_capabilities;
    ++matches_;
    const SelectorInfo& info = schemas_.at(n).selectors.at(verdict->selector);
    if (info.action != name_of(verdict->action)) return "the manifest names another action";
    tl_counter& counter = counters_.at(info.counter);
    ++(verdict->posted ? counter.posted : counter.unposted);
    const bool enforce = plan_.sections[n].policy->enforce;
    (enforce ? counter.signals : counter.monitored_signals) += verdict->signals;
    (enforce ? counter.overrides : counter.monitored_overrides) += verdict->overrides;
    (enforce ? counter.sets : counter.monitored_sets) += verdict->sets;
    (enforce ? counter.notices : counter.monitored_notices) += verdict->notified;
    oracle::leave(notices_, plan_.sections[n].policy->name, *verdict, enforce);
    if (verdict->posted) expected.push_back(record(n, *verdict, call));
    // The first value that means something: 0 is only one where the function does not run for it.
    if (!enforce || !verdict->value || overridden_) continue;
    if (*verdict->value == 0 && plan_.attachment != Attachment::kKprobe) continue;
    overridden_ = verdict->value;
    if (plan_.sections[n].section().kind == HookKind::kLsm) break;
  }
  for (const EnforcedCall& enforced : plan_.enforced) {
    const std::optional<int32_t> error = oracle::take(notices_, enforced.policy->name);
    if (error && !overridden_) overridden_ = error;
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
