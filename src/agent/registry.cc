// SPDX-License-Identifier: Apache-2.0
#include "agent/registry.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <set>
#include <utility>

#include "policy/parse/mode.h"

namespace tripline {
namespace {

// The domain of the programs that watch processes.
constexpr std::string_view kReserved = "sensors";

std::string key_text(const PolicyName& name) {
  return "{" + name.name + " " + name.namespace_name + " " + name.domain + "}";
}

std::unexpected<std::string> refuse(std::string text) { return std::unexpected(std::move(text)); }

std::string exists(const PolicyName& name) {
  return "failed to add tracing policy " + key_text(name) +
         ", a sensor collection with the key already exists";
}

// Set in the kernel's map of the policy, which one without programs does not have.
std::unexpected<std::string> no_mode(const PolicyName& name) {
  return refuse("failed to open bpf map /sys/fs/bpf/tetragon/" + name.name +
                "/policy_conf: no such file or directory");
}

std::unexpected<std::string> is_skipped(const PolicyName& name) {
  return refuse("tracing policy " + name.name + " is skipped on this node");
}

}  // namespace

void Registry::enqueue(std::move_only_function<void()> operation) {
  waiting_.push_back(std::move(operation));
  carry_out();
}

void Registry::carry_out() {
  if (std::exchange(carrying_, true)) return;
  while (!busy_ && !waiting_.empty()) {
    auto operation = std::move(waiting_.front());
    waiting_.pop_front();
    busy_ = true;
    operation();
  }
  carrying_ = false;
}

void Registry::finish(Answer& answer, Outcome outcome) {
  busy_ = false;
  answer(std::move(outcome));
  carry_out();
}

Registry::Record* Registry::find(const PolicyName& name) {
  const auto found = std::ranges::find(records_, name, &Record::name);
  return found == records_.end() ? nullptr : &*found;
}

const Registry::Record* Registry::find(const PolicyName& name) const {
  const auto found = std::ranges::find(records_, name, &Record::name);
  return found == records_.end() ? nullptr : &*found;
}

Registry::Outcome Registry::known(const PolicyName& name) const {
  if (name.domain == kReserved) return refuse("domain sensors is reserved for internal use");
  if (find(name) == nullptr) return refuse("tracing policy " + key_text(name) + " does not exist");
  return {};
}

const Member* Registry::member(const Record& record) const {
  const auto& members = agent_->policies();
  const auto found =
      std::ranges::find(members, record.generation, [](const Member& one) { return one.id.generation; });
  return found == members.end() ? nullptr : &*found;
}

bool Registry::is_enabled(const Record& record) const {
  const Member* found = member(record);
  return found != nullptr && found->enabled;
}

// --- from the start -------------------------------------------------------------------------------------------------

void Registry::begin(std::vector<First> policies, Began answer) {
  // What others have asked for waits behind it.
  if (std::exchange(refused_, false)) return begin_now(std::move(policies), std::move(answer));
  enqueue([this, policies = std::move(policies), answer = std::move(answer)]() mutable {
    begin_now(std::move(policies), std::move(answer));
  });
}

void Registry::begin_now(std::vector<First> policies, Began answer) {
  const auto refused = [&](size_t which, std::string why) {
    refused_ = true;
    answer(std::unexpected(FirstRefused{which, std::move(why)}));
  };
  std::vector<Record> records;
  std::vector<std::vector<HookPlace>> places;
  Change change{.everything = true};
  for (size_t n = 0; n < policies.size(); ++n) {
    First& first = policies[n];
    const Document parsed = parse_document(first.document);
    if (!parsed.policy || parsed.diagnostics.has_errors()) return refused(n, refused_document(parsed));
    const PolicyName name{first.domain, parsed.policy->namespace_name.value, parsed.policy->name.value};
    if (first.stored && *first.stored != name)
      return refused(n,
                     "record identity does not match YAML identity " + name.namespace_name + "/" + name.name);
    if (std::ranges::find(records, name, &Record::name) != records.end()) return refused(n, exists(name));
    Record& record = records.emplace_back();
    record.id = next_id_++;
    record.name = name;
    if (first.stored) record.stored = first.document.text;
    places.push_back(hook_places(*parsed.policy));
    change.in.push_back(
        {.document = std::move(first.document), .domain = std::move(first.domain), .enabled = first.enabled});
  }
  agent_->request(
      std::move(change),
      [this, records = std::make_shared<std::vector<Record>>(std::move(records)), places = std::move(places),
       answer = std::make_shared<Began>(std::move(answer))](const ChangeResult& result) {
        began(std::move(*records), places, std::move(*answer), result);
      });
}

void Registry::began(std::vector<Record> records, const std::vector<std::vector<HookPlace>>& places,
                     Began answer, const ChangeResult& result) {
  if (result.status) {
    busy_ = false;
    for (size_t n = 0; n < records.size(); ++n) {
      records[n].generation = result.ids[n].generation;
      records[n].policy = result.documents[n].policy;
    }
    std::ranges::move(records, std::back_inserter(records_));
    answer({});
    return carry_out();
  }
  FirstRefused refused{{}, result.status.error().text()};
  for (size_t n = 0; n < result.documents.size() && !refused.which; ++n) {
    if (!result.documents[n].diagnostics.has_errors()) continue;
    refused = {n, refused_policy(records[n].name.name, result.documents[n].diagnostics, places[n])};
  }
  refused_ = true;
  answer(std::unexpected(std::move(refused)));
}

// --- the store ------------------------------------------------------------------------------------------------------

Registry::Outcome Registry::keep(const Record& record, bool enabled) const {
  if (store_ == nullptr || !record.stored) return {};
  if (const auto kept = store_->put(record.name, {*record.stored, enabled}); !kept)
    return refuse("failed to persist tracing policy: " + kept.error().text());
  return {};
}

// A policy that was added and cannot be kept.
void Registry::take_back(const PolicyName& name, Answer answer, std::string why) {
  (void)store_->remove(name);
  Change change;
  change.out.push_back(name);
  agent_->request(std::move(change),
                  [this, name, why = std::move(why),
                   answer = std::make_shared<Answer>(std::move(answer))](const ChangeResult&) {
                    std::erase_if(records_, [&](const Record& record) { return record.name == name; });
                    finish(*answer, refuse(why));
                  });
}

// --- what clients ask for -------------------------------------------------------------------------------------------

void Registry::add(Source document, std::string domain, bool enabled, Answer answer) {
  enqueue([this, document = std::move(document), domain = std::move(domain), enabled,
           answer = std::move(answer)]() mutable {
    add_now(std::move(document), std::move(domain), enabled, std::move(answer));
  });
}

void Registry::add_now(Source document, std::string domain, bool enabled, Answer answer) {
  if (domain == kReserved) return finish(answer, refuse("domain sensors is reserved for internal use"));
  const Document parsed = parse_document(document);
  if (!parsed.policy || parsed.diagnostics.has_errors())
    return finish(answer, refuse(refused_document(parsed)));
  Record record;
  record.name = {domain, parsed.policy->namespace_name.value, parsed.policy->name.value};
  if (const Record* same = find(record.name); same != nullptr && same->generation != 0) {
    return finish(answer, refuse(exists(record.name)));
  }
  record.id = next_id_++;
  if (store_ != nullptr) record.stored = document.text;
  Change change;
  change.in.push_back({.document = std::move(document), .domain = std::move(domain), .enabled = enabled});
  agent_->request(std::move(change),
                  [this, record = std::move(record), places = hook_places(*parsed.policy),
                   answer = std::make_shared<Answer>(std::move(answer))](ChangeResult result) mutable {
                    added(std::move(record), places, std::move(*answer), std::move(result));
                  });
}

void Registry::added(Record record, std::span<const HookPlace> places, Answer answer, ChangeResult result) {
  Outcome outcome;
  if (result.status) {
    record.generation = result.ids.front().generation;
    record.policy = result.documents.front().policy;
    if (record.policy->monitor_only && !places.empty()) {
      warn_({LogLevel::kWarning,
             "Enforcement actions are not configured for this policy, forcing monitor_only mode",
             {{"policy", record.name.name}}});
    }
  } else {
    record.stored.reset();
    const bool refused = !result.documents.empty() && result.documents.front().diagnostics.has_errors();
    record.error = refused ? refused_policy(record.name.name, result.documents.front().diagnostics, places)
                           : result.status.error().text();
    outcome = refuse(record.error);
  }
  std::erase_if(records_, [&](const Record& other) { return other.name == record.name; });
  records_.push_back(std::move(record));
  const Record& added = records_.back();
  if (Outcome kept = keep(added, is_enabled(added)); !kept)
    return take_back(PolicyName(added.name), std::move(answer), std::move(kept.error()));
  finish(answer, std::move(outcome));
}

void Registry::remove(PolicyName name, Answer answer) {
  enqueue([this, name = std::move(name), answer = std::move(answer)]() mutable {
    remove_now(name, std::move(answer));
  });
}

void Registry::remove_now(const PolicyName& name, Answer answer) {
  if (Outcome there = known(name); !there) return finish(answer, std::move(there));
  const auto forget = [this, name] {
    std::erase_if(records_, [&](const Record& record) { return record.name == name; });
  };
  if (find(name)->generation == 0) {
    forget();
    return finish(answer, {});
  }
  Change change;
  change.out.push_back(name);
  agent_->request(
      std::move(change),
      [this, name, forget, answer = std::make_shared<Answer>(std::move(answer))](const ChangeResult& result) {
        if (!result.status) return finish(*answer, refuse(result.status.error().text()));
        const bool is_stored = find(name)->stored.has_value();
        forget();
        Outcome outcome;
        if (const auto gone = is_stored ? store_->remove(name) : Result<void>(); !gone)
          outcome = refuse("the tracing policy is deleted, but will be back: " + gone.error().text());
        finish(*answer, std::move(outcome));
      });
}

void Registry::update(PolicyName name, Source document, Answer answer) {
  enqueue(
      [this, name = std::move(name), document = std::move(document), answer = std::move(answer)]() mutable {
        update_now(name, std::move(document), std::move(answer));
      });
}

void Registry::update_now(const PolicyName& name, Source document, Answer answer) {
  Record record{.id = next_id_++, .name = name};
  const Document parsed = parse_document(document);
  record.mistake = mistake_in(parsed.diagnostics);
  if (!parsed.policy || parsed.diagnostics.has_errors())
    return updated(std::move(record), refused_document(parsed), std::move(answer));
  const Policy& policy = *parsed.policy;
  if (policy.name.value != name.name || policy.namespace_name.value != name.namespace_name)
    return updated(std::move(record), "it names another policy", std::move(answer));
  Change change;
  if (const Record* same = find(name); same != nullptr && same->generation != 0) change.out.push_back(name);
  change.in.push_back({.document = std::move(document), .domain = name.domain});
  agent_->request(std::move(change), [this, record = std::move(record), places = hook_places(policy),
                                      answer = std::make_shared<Answer>(std::move(answer))](
                                         const ChangeResult& result) mutable {
    std::string error;
    if (result.status) {
      record.generation = result.ids.front().generation;
      record.policy = result.documents.front().policy;
    } else {
      const bool refused = !result.documents.empty() && result.documents.front().diagnostics.has_errors();
      error = refused ? refused_policy(record.name.name, result.documents.front().diagnostics, places)
                      : result.status.error().text();
      if (refused) record.mistake = mistake_in(result.documents.front().diagnostics);
    }
    updated(std::move(record), std::move(error), std::move(*answer));
  });
}

// `error`: why it is not in force; empty: it is.
void Registry::updated(Record record, std::string error, Answer answer) {
  Record* same = find(record.name);
  record.error = error;
  if (!error.empty() && same != nullptr && same->generation != 0) {
    same->error = error;
    same->mistake = std::move(record.mistake);
  } else {
    std::erase_if(records_, [&](const Record& other) { return other.name == record.name; });
    records_.push_back(std::move(record));
  }
  finish(answer, error.empty() ? Outcome() : refuse(std::move(error)));
}

void Registry::skip(PolicyName name, Answer answer) {
  enqueue([this, name = std::move(name), answer = std::move(answer)]() mutable {
    skip_now(name, std::move(answer));
  });
}

void Registry::skip_now(const PolicyName& name, Answer answer) {
  const auto skipped = [this, name] {
    std::erase_if(records_, [&](const Record& record) { return record.name == name; });
    records_.push_back({.id = next_id_++, .name = name, .skipped = true});
  };
  const Record* same = find(name);
  if (same == nullptr || same->generation == 0) {
    skipped();
    return finish(answer, {});
  }
  Change change;
  change.out.push_back(name);
  agent_->request(std::move(change), [this, skipped, answer = std::make_shared<Answer>(std::move(answer))](
                                         const ChangeResult& result) {
    if (!result.status) return finish(*answer, refuse(result.status.error().text()));
    skipped();
    finish(*answer, {});
  });
}

void Registry::replace(std::vector<PolicyName> out, std::vector<Source> documents, std::string domain,
                       Answer answer) {
  enqueue([this, out = std::move(out), documents = std::move(documents), domain = std::move(domain),
           answer = std::move(answer)]() mutable {
    replace_now(std::move(out), std::move(documents), domain, std::move(answer));
  });
}

void Registry::replace_now(std::vector<PolicyName> out, std::vector<Source> documents,
                           const std::string& domain, Answer answer) {
  std::erase_if(out, [this](const PolicyName& name) { return find(name) == nullptr; });
  Change change;
  std::vector<Record> in;
  for (const PolicyName& name : out) {
    if (find(name)->generation != 0) change.out.push_back(name);
  }
  for (Source& document : documents) {
    const Document parsed = parse_document(document);
    if (!parsed.policy || parsed.diagnostics.has_errors())
      return finish(answer, refuse(first_mistake(document, parsed.diagnostics)));
    Record record;
    record.name = {domain, parsed.policy->namespace_name.value, parsed.policy->name.value};
    const Record* same = find(record.name);
    const bool stays = same != nullptr && std::ranges::find(out, record.name) == out.end();
    if (stays || std::ranges::find(in, record.name, &Record::name) != in.end())
      return finish(answer,
                    refuse(document.name + ": there is a policy " + key_text(record.name) + " already"));
    const bool enabled = same == nullptr || same->generation == 0 || is_enabled(*same);
    change.in.push_back({.document = std::move(document), .domain = domain, .enabled = enabled});
    in.push_back(std::move(record));
  }
  if (change.out.empty() && change.in.empty()) return replaced(out, {}, std::move(answer), {});
  agent_->request(std::move(change),
                  [this, out = std::move(out), in = std::move(in),
                   answer = std::make_shared<Answer>(std::move(answer))](ChangeResult result) mutable {
                    replaced(out, std::move(in), std::move(*answer), std::move(result));
                  });
}

void Registry::replaced(std::span<const PolicyName> out, std::vector<Record> in, Answer answer,
                        ChangeResult result) {
  if (!result.status) {
    const auto wrong = std::ranges::find_if(
        result.documents, [](const Admission& each) { return each.diagnostics.has_errors(); });
    return finish(answer,
                  refuse(wrong == result.documents.end() ? result.status.error().text()
                                                         : first_mistake(wrong->source, wrong->diagnostics)));
  }
  std::erase_if(records_,
                [&](const Record& record) { return std::ranges::find(out, record.name) != out.end(); });
  for (size_t n = 0; n < in.size(); ++n) {
    in[n].id = next_id_++;
    in[n].generation = result.ids[n].generation;
    in[n].policy = result.documents[n].policy;
    records_.push_back(std::move(in[n]));
  }
  finish(answer, {});
}

void Registry::set_mode(PolicyName name, Mode mode, Answer answer) {
  enqueue([this, name = std::move(name), mode, answer = std::move(answer)]() mutable {
    finish(answer, set_mode_now(name, mode));
  });
}

Registry::Outcome Registry::set_mode_now(const PolicyName& name, Mode mode) {
  if (Outcome there = known(name); !there) return there;
  Record& record = *find(name);
  if (record.skipped) return is_skipped(name);
  if (!is_enabled(record) || !has_mode(*record.policy)) return no_mode(name);
  if (record.policy->monitor_only) return refuse("cannot set policy mode on a policy that is monitor only");
  if (record.stored) {
    auto text = with_mode(*record.stored, mode == Mode::kEnforce ? "enforce" : "monitor");
    if (!text) return refuse("failed to persist tracing policy: " + text.error());
    std::swap(*record.stored, *text);
    if (Outcome kept = keep(record, true); !kept) {
      std::swap(*record.stored, *text);
      return kept;
    }
  }
  if (const auto set = agent_->set_enforces(name, mode == Mode::kEnforce); !set)
    return refuse(set.error().text());
  return {};
}

void Registry::set_enabled(PolicyName name, bool enabled, Answer answer) {
  enqueue([this, name = std::move(name), enabled, answer = std::move(answer)]() mutable {
    set_enabled_now(name, enabled, std::move(answer));
  });
}

// A policy that is enabled again starts anew, with the mode of its document and without counts.
void Registry::set_enabled_now(const PolicyName& name, bool enabled, Answer answer) {
  if (Outcome there = known(name); !there) return finish(answer, std::move(there));
  const Record& record = *find(name);
  if (record.skipped) return finish(answer, is_skipped(name));
  const bool is_there = record.generation != 0;
  if (!is_there || is_enabled(record) == enabled) {
    // A policy in error is neither.
    return finish(answer,
                  refuse("tracing policy " + name.name + (enabled ? " is not disabled" : " is not enabled")));
  }
  Change change;
  if (enabled) {
    change.out.push_back(name);
    const Member& off = *member(record);
    change.in.push_back(
        {.document = off.policy, .domain = name.domain, .text = off.text, .source = off.source});
  } else {
    change.off.push_back(name);
  }
  agent_->request(std::move(change),
                  [this, name, enabled,
                   answer = std::make_shared<Answer>(std::move(answer))](const ChangeResult& result) {
                    if (!result.status) return finish(*answer, refuse(result.status.error().text()));
                    Record& changed = *find(name);
                    if (enabled) changed.generation = result.ids.front().generation;
                    finish(*answer, keep(changed, enabled));
                  });
}

Result<std::vector<PolicyStatus>> Registry::list(std::string_view domain) const {
  const Result<std::vector<PolicyStatus>> loaded = agent_->status();
  if (!loaded) return std::unexpected(loaded.error());
  const std::vector<Member>& members = agent_->policies();
  std::vector<PolicyStatus> out;
  for (const Record& record : records_) {
    if (!domain.empty() && record.name.domain != domain) continue;
    PolicyStatus status{.name = record.name.name, .namespace_name = record.name.namespace_name};
    status.state = record.skipped ? PolicyState::kSkipped : PolicyState::kLoadError;
    for (size_t n = 0; n < members.size(); ++n) {
      if (record.generation != 0 && members[n].id.generation == record.generation) status = (*loaded)[n];
    }
    status.domain = record.name.domain;
    status.id = record.id;
    status.error = record.error;
    status.mistake = record.mistake;
    out.push_back(std::move(status));
  }
  return out;
}

std::vector<std::string> Registry::domains() const {
  std::set<std::string> out;
  for (const Record& record : records_) out.insert(record.name.domain);
  return {out.begin(), out.end()};
}

}  // namespace tripline
