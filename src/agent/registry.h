// SPDX-License-Identifier: Apache-2.0
// Registry: the policies of an agent as its clients see them. Each has a number, a domain, a state and, if this
// machine could not run it, an error; a policy in error stays listed until it is deleted. Operations run one after
// the other, in the order of the requests; a failed one changes nothing except the reported error.
//
// Refusals use the sentences that clients of the API have always received; scripts compare them.
//
// With a store, what clients add is written there before they are answered, and loaded again by whoever begins().
//
// Everything here runs on the thread of the agent's rounds, answers included.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/agent.h"
#include "agent/policy_store.h"
#include "agent/refusal.h"
#include "base/log_line.h"
#include "event/policy_status.h"

namespace tripline {

class Registry {
 public:
  using Outcome = std::expected<void, std::string>;
  using Answer = std::move_only_function<void(Outcome)>;
  enum class Mode : uint8_t { kEnforce, kMonitor };

  // The agent must outlive it, and no round may come after it.
  // `store` too; null: nothing outlives a restart.
  explicit Registry(Agent& agent, const PolicyStore* store = nullptr) : agent_(&agent), store_(store) {}

  // A policy that is there from the start.
  struct First {
    Source document;
    std::string domain;
    bool enabled = true;
    std::optional<PolicyName> stored = {};  // it is of the store, under that name
  };
  struct FirstRefused {
    std::optional<size_t> which;  // absent: it was none in particular
    std::string why;
  };
  // All of them come into force in one step, in which what another agent left ends. Or none does, and nothing that is asked
  // for is carried out until begin() is called again and succeeds. Before anything else.
  using Began = std::move_only_function<void(std::expected<void, FirstRefused>)>;
  void begin(std::vector<First> policies, Began answer);

  // Told what the log is to say of policies that were added.
  void on_warning(std::function<void(const LogLine&)> take) { warn_ = std::move(take); }

  // `source_name` stands for the document in messages.
  void add(Source document, std::string domain, bool enabled, Answer answer);
  void remove(PolicyName name, Answer answer);
  // The policy of that name is as `document` says from now on, enabled, whether there was one or not. One that is in force
  // and whose document is refused stays as it is; the refusal is its error. Not kept in the store.
  void update(PolicyName name, Source document, Answer answer);
  // It is not for this machine: listed, and nothing else. What was in force under that name ends.
  void skip(PolicyName name, Answer answer);
  // Of one domain, as one change: the policies of `out` go, those of `documents` come, and what has the name of one that
  // goes is as enabled as that was. A document that is refused, by whatever, changes nothing and leaves no record. The
  // refusal has its place.
  void replace(std::vector<PolicyName> out, std::vector<Source> documents, std::string domain, Answer answer);
  void set_mode(PolicyName name, Mode mode, Answer answer);
  void set_enabled(PolicyName name, bool enabled, Answer answer);
  // Absent when there is one of that name; else the refusal.
  [[nodiscard]] Outcome known(const PolicyName& name) const;

  // Of all domains when `domain` is empty; in the order they were added.
  [[nodiscard]] Result<std::vector<PolicyStatus>> list(std::string_view domain) const;
  // Those that hold a policy now, sorted.
  [[nodiscard]] std::vector<std::string> domains() const;

 private:
  struct Record {
    uint64_t id = 0;
    PolicyName name;
    PolicyPtr policy;           // null: in error
    Generation generation = 0;  // 0: in error, so not in the agent's set
    std::string error;
    std::optional<Mistake> mistake;     // of a document that update() was given
    bool skipped = false;               // for other machines than this
    std::optional<std::string> stored;  // the text that the store has
  };

  void begin_now(std::vector<First> policies, Began answer);
  void began(std::vector<Record> records, const std::vector<std::vector<HookPlace>>& places, Began answer,
             const ChangeResult& result);
  // What the store is to have of a policy from now on.
  [[nodiscard]] Outcome keep(const Record& record, bool enabled) const;
  void take_back(const PolicyName& name, Answer answer, std::string why);
  void enqueue(std::move_only_function<void()> operation);
  void carry_out();
  void finish(Answer& answer, Outcome outcome);
  [[nodiscard]] Record* find(const PolicyName& name);
  [[nodiscard]] const Record* find(const PolicyName& name) const;

  void add_now(Source document, std::string domain, bool enabled, Answer answer);
  void remove_now(const PolicyName& name, Answer answer);
  void update_now(const PolicyName& name, Source document, Answer answer);
  void updated(Record record, std::string error, Answer answer);
  void skip_now(const PolicyName& name, Answer answer);
  void replace_now(std::vector<PolicyName> out, std::vector<Source> documents, const std::string& domain,
                   Answer answer);
  void replaced(std::span<const PolicyName> out, std::vector<Record> in, Answer answer, ChangeResult result);
  void added(Record record, std::span<const HookPlace> places, Answer answer, ChangeResult result);
  void set_enabled_now(const PolicyName& name, bool enabled, Answer answer);
  [[nodiscard]] Outcome set_mode_now(const PolicyName& name, Mode mode);
  // Null when it is in error.
  [[nodiscard]] const Member* member(const Record& record) const;
  [[nodiscard]] bool is_enabled(const Record& record) const;

  Agent* agent_;
  std::function<void(const LogLine&)> warn_ = [](const LogLine&) {};
  const PolicyStore* store_;
  std::vector<Record> records_;
  uint64_t next_id_ = 2;   // the programs that watch processes are number 1
  bool busy_ = false;      // an operation waits for the agent
  bool carrying_ = false;  // carry_out() is on the stack
  bool refused_ = false;   // begin() failed
  std::deque<std::move_only_function<void()>> waiting_;
};

}  // namespace tripline
