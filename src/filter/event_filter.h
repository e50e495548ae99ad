// SPDX-License-Identifier: Apache-2.0
// Which events a reader gets: those that match a filter of its allow list (all, if it is empty) and no filter of its
// deny list. A filter matches when all of its fields do; a field matches when one of its values does.
//
// Created once for each reader, then applied to each event of its stream in order: `pid_set` learns from the events.
// A deny list sees only events that the allow list passed.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "event/event.h"
#include "filter/pid_set.h"
#include "filter/subject.h"

namespace tetragon {
class GetEventsRequest;
class GetEventsResponse;
}  // namespace tetragon

namespace tripline {

// Asks one event; false also when evaluating fails.
using Matcher = std::function<bool(const Subject& subject)>;

struct FilterOptions {
  // Kinds of events that list ancestors; others in them only with `base`, which exec and exit have.
  struct {
    bool base = true, kprobe = true, tracepoint = true, loader = true, uprobe = true, lsm = true, usdt = true;
  } ancestors;
  bool capabilities = true;  // processes show theirs
  bool pid_set = true;
  // The engine for cel_expression; null: such filters are refused. An error is the whole message.
  std::function<std::expected<Matcher, std::string>(const std::string& expression)> compile_cel;
};

class EventFilter {
 public:
  // Values of all fields of all filters, and paths of field filters: more are refused.
  static constexpr size_t kMostValues = 100'000;
  // Of these, regular expressions.
  static constexpr size_t kMostExpressions = 2'000;
  // What a quick filter may have.
  static constexpr size_t kFewValues = 64;

  // Of its allow list and deny list.
  static std::expected<EventFilter, std::string> compile(const tetragon::GetEventsRequest& request,
                                                         const FilterOptions& options);

  [[nodiscard]] bool passes(const Event& event);
  [[nodiscard]] bool passes(const tetragon::GetEventsResponse& message);
  // The answer depends on no more than an event's kind, its processes and its policy.
  [[nodiscard]] bool ignores_arguments() const { return ignores_arguments_; }
  // To ask it takes next to no time, whatever the event: it has no expressions and few values.
  [[nodiscard]] bool is_quick() const { return quick_; }
  // Everything passes.
  [[nodiscard]] bool empty() const { return allow_.empty() && deny_.empty(); }

 private:
  struct Filter {
    std::optional<PidSet> pids;
    std::vector<Matcher> matchers;
  };
  friend struct FilterCompiler;
  [[nodiscard]] bool passes(const Subject& subject);
  static bool any_matches(std::vector<Filter>& filters, const Subject& subject);

  std::vector<Filter> allow_;
  std::vector<Filter> deny_;
  bool ignores_arguments_ = true;
  bool quick_ = true;
};

// The fields of a Filter that are known, by name.
[[nodiscard]] std::vector<std::string_view> filter_fields();

}  // namespace tripline
