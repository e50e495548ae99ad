// SPDX-License-Identifier: Apache-2.0
// kFields has a row for each field of a Filter, in the order in which they are asked: what is cheap comes first. pid_set
// is asked even before those, for it must see every event.
#include "filter/event_filter.h"

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

#include "filter/label_selector.h"
#include "filter/regex.h"
#include "tetragon/events.pb.h"

namespace tripline {
namespace {

using Made = std::expected<Matcher, std::string>;
using Texts = google::protobuf::RepeatedPtrField<std::string>;

struct Context {
  const tetragon::Filter& filter;
  const FilterOptions& options;
  int64_t memory;  // for each expression
};

struct Field {
  std::string_view name;
  bool (*is_set)(const tetragon::Filter& filter);
  Made (*make)(const Context& context);
};

bool has(const std::vector<std::string>& values, std::string_view value) {
  return std::ranges::find(values, value) != values.end();
}

std::vector<std::string> list_of(const Texts& texts) { return {texts.begin(), texts.end()}; }

// What was asked of a text that was not long, if of any: events of one process come in a row, with one text.
struct Recent {
  std::string text;
  std::optional<bool> answer;

  void remember(std::string_view asked, bool given) {
    constexpr size_t kLongest = 256;
    answer.reset();
    if (asked.size() > kLongest) return;
    text = asked;
    answer = given;
  }
};

// A regular expression on a text of the event, which may have none.
template <typename Text>
Made match_text(const Texts& patterns, int64_t memory, Text text_of) {
  auto expressions = compile_all(list_of(patterns), memory);
  if (!expressions) return std::unexpected(std::move(expressions).error());
  return [expressions = *std::move(expressions), text_of, recent = Recent()](const Subject& subject) mutable {
    const std::optional<std::string_view> text = text_of(subject);
    if (!text) return false;
    if (recent.answer && recent.text == *text) return *recent.answer;
    const bool is_in = any_is_in(expressions, *text);
    recent.remember(*text, is_in);
    return is_in;
  };
}

using Part = std::string_view SeenProcess::*;

template <Part part>
std::optional<std::string_view> of_process(const Subject& subject) {
  if (!subject.process) return std::nullopt;
  return (*subject.process).*part;
}

template <Part part>
std::optional<std::string_view> of_parent(const Subject& subject) {
  if (!subject.parent) return std::nullopt;
  return (*subject.parent).*part;
}

const SeenPod* pod_of(const Subject& subject) {
  return subject.process && subject.process->pod ? &*subject.process->pod : nullptr;
}

template <std::string_view SeenPod::* part>
std::optional<std::string_view> of_pod(const Subject& subject) {
  const SeenPod* pod = pod_of(subject);
  if (pod == nullptr) return std::nullopt;
  return pod->*part;
}

Made match_event_set(const Context& context) {
  const auto& types = context.filter.event_set();
  return [types = std::vector<int>(types.begin(), types.end())](const Subject& subject) {
    return std::ranges::find(types, subject.type) != types.end();
  };
}

Made match_pid(const Context& context) {
  const auto& pids = context.filter.pid();
  return [pids = std::unordered_set<uint32_t>(pids.begin(), pids.end())](const Subject& subject) {
    return subject.process && pids.contains(subject.process->pid);
  };
}

Made match_in_init_tree(const Context& context) {
  return [wanted = context.filter.in_init_tree().value()](const Subject& subject) {
    return subject.process && subject.process->in_init_tree == wanted;
  };
}

Made match_health_check(const Context& context) {
  return [wanted = context.filter.health_check().value()](const Subject& subject) {
    const auto probes = [](const std::optional<SeenProcess>& process) {
      return process && process->pod && process->pod->exec_probe;
    };
    return subject.process && (probes(subject.process) || probes(subject.parent)) == wanted;
  };
}

Made match_policy_names(const Context& context) {
  return [names = list_of(context.filter.policy_names())](const Subject& subject) {
    return !subject.policy.empty() && has(names, subject.policy);
  };
}

// The empty name stands for the host.
Made match_namespace(const Context& context) {
  return [names = list_of(context.filter.namespace_())](const Subject& subject) {
    if (!subject.process) return false;
    const SeenPod* pod = pod_of(subject);
    return has(names, pod == nullptr ? std::string_view() : pod->name_space);
  };
}

Made match_labels(const Context& context) {
  std::vector<LabelSelector> selectors;
  for (const std::string& text : context.filter.labels()) {
    auto selector = LabelSelector::parse(text);
    if (!selector) return std::unexpected("invalid pod label filter: " + selector.error());
    selectors.push_back(*std::move(selector));
  }
  return [selectors = std::move(selectors)](const Subject& subject) {
    const SeenPod* pod = pod_of(subject);
    if (pod == nullptr) return false;
    const LabelViews labels = pod->all_labels();
    return std::ranges::any_of(selectors, [&](const LabelSelector& each) { return each.matches(labels); });
  };
}

using CapabilityPart = uint64_t Capabilities::*;

struct CapabilityTest {
  enum class Kind : uint8_t { kAny, kAll, kExactly, kNone };
  CapabilityPart part;
  Kind kind = Kind::kAny;
  uint64_t wanted = 0;

  [[nodiscard]] bool holds(const Capabilities& capabilities) const {
    const uint64_t present = capabilities.*part;
    switch (kind) {
      case Kind::kAny:
        return (present & wanted) != 0;
      case Kind::kAll:
        return (present & wanted) == wanted;
      case Kind::kExactly:
        return present == wanted;
      case Kind::kNone:
        return (present & wanted) == 0;
    }
    return false;
  }
};

std::expected<CapabilityTest, std::string> capability_test(const tetragon::CapFilterSet& set,
                                                           CapabilityPart part) {
  using Kind = CapabilityTest::Kind;
  CapabilityTest out{.part = part};
  size_t given = 0;
  for (const auto& [kind, list] :
       {std::pair{Kind::kAny, &set.any()}, std::pair{Kind::kAll, &set.all()},
        std::pair{Kind::kExactly, &set.exactly()}, std::pair{Kind::kNone, &set.none()}}) {
    if (list->empty()) continue;
    ++given;
    out.kind = kind;
    for (const int number : *list) {
      if (number < 0 || number > 63)
        return std::unexpected("capability filter has an unknown capability: " + std::to_string(number));
      out.wanted |= uint64_t{1} << number;
    }
  }
  if (given != 1) return std::unexpected("capability filter must define exactly one match set");
  return out;
}

Made match_capabilities(const Context& context) {
  if (!context.options.capabilities)
    return std::unexpected(
        "capabilities are not enabled in process events, cannot configure capability filter");
  const tetragon::CapFilter& filter = context.filter.capabilities();
  std::vector<CapabilityTest> tests;
  const auto add = [&](bool given, const tetragon::CapFilterSet& set, CapabilityPart part) {
    if (!given) return std::string();
    auto test = capability_test(set, part);
    if (!test) return std::move(test).error();
    tests.push_back(*test);
    return std::string();
  };
  std::string fault = add(filter.has_permitted(), filter.permitted(), &Capabilities::permitted);
  if (fault.empty()) fault = add(filter.has_effective(), filter.effective(), &Capabilities::effective);
  if (fault.empty()) fault = add(filter.has_inheritable(), filter.inheritable(), &Capabilities::inheritable);
  if (!fault.empty()) return std::unexpected(fault);
  return [tests = std::move(tests)](const Subject& subject) {
    if (!subject.process || !subject.process->cap) return false;
    return std::ranges::all_of(tests,
                               [&](const CapabilityTest& each) { return each.holds(*subject.process->cap); });
  };
}

// The first of the types, all when there are none, whose events do not list ancestors.
std::optional<int> without_ancestors(const tetragon::Filter& filter, const FilterOptions& options) {
  const auto& listed = options.ancestors;
  const std::array<std::pair<int, bool>, 8> kinds{{{tetragon::PROCESS_EXEC, true},
                                                   {tetragon::PROCESS_EXIT, true},
                                                   {tetragon::PROCESS_KPROBE, listed.kprobe},
                                                   {tetragon::PROCESS_TRACEPOINT, listed.tracepoint},
                                                   {tetragon::PROCESS_LOADER, listed.loader},
                                                   {tetragon::PROCESS_UPROBE, listed.uprobe},
                                                   {tetragon::PROCESS_LSM, listed.lsm},
                                                   {tetragon::PROCESS_USDT, listed.usdt}}};
  std::vector<int> types(filter.event_set().begin(), filter.event_set().end());
  if (types.empty())
    for (const auto& [type, lists] : kinds) types.push_back(type);
  for (const int type : types) {
    const auto* kind = std::ranges::find(kinds, type, &std::pair<int, bool>::first);
    if (kind == kinds.end() || !listed.base || !kind->second) return type;
  }
  return std::nullopt;
}

Made match_ancestors(const Context& context) {
  if (const std::optional<int> type = without_ancestors(context.filter, context.options)) {
    const std::string& name = tetragon::EventType_Name(*type);
    return std::unexpected("ancestors are not enabled for " + (name.empty() ? std::to_string(*type) : name) +
                           " event type, cannot configure ancestor filter");
  }
  auto expressions = compile_all(list_of(context.filter.ancestor_binary_regex()), context.memory);
  if (!expressions) return std::unexpected(std::move(expressions).error());
  return [expressions = *std::move(expressions)](const Subject& subject) {
    return std::ranges::any_of(subject.ancestors, [&](const SeenProcess& ancestor) {
      return any_is_in(expressions, ancestor.binary);
    });
  };
}

std::optional<std::string_view> container_of(const Subject& subject) {
  const SeenPod* pod = pod_of(subject);
  return pod == nullptr ? std::nullopt : pod->container;
}

Made match_cel(const Context& context) {
  if (!context.options.compile_cel)
    return std::unexpected("cel_expression is not available: this build does not support CEL");
  std::vector<Matcher> programs;
  for (const std::string& text : context.filter.cel_expression()) {
    Made program = context.options.compile_cel(text);
    if (!program) return program;
    programs.push_back(*std::move(program));
  }
  return [programs = std::move(programs)](const Subject& subject) {
    return std::ranges::any_of(programs, [&](const Matcher& each) { return each(subject); });
  };
}

#define TRIPLINE_LIST(field, make) \
  {#field, [](const tetragon::Filter& filter) { return !filter.field().empty(); }, (make)}
#define TRIPLINE_SINGLE(field, make) \
  {#field, [](const tetragon::Filter& filter) { return filter.has_##field(); }, (make)}
#define TRIPLINE_TEXT(field, text)                                                 \
  TRIPLINE_LIST(field, ([](const Context& context) {                               \
                  return match_text(context.filter.field(), context.memory, text); \
                }))

constexpr auto kFields = std::to_array<Field>({
    TRIPLINE_LIST(event_set, match_event_set),
    TRIPLINE_LIST(pid, match_pid),
    TRIPLINE_SINGLE(in_init_tree, match_in_init_tree),
    TRIPLINE_SINGLE(health_check, match_health_check),
    TRIPLINE_LIST(policy_names, match_policy_names),
    {"namespace", [](const tetragon::Filter& filter) { return !filter.namespace_().empty(); },
     match_namespace},
    TRIPLINE_SINGLE(capabilities, match_capabilities),
    TRIPLINE_LIST(labels, match_labels),
    TRIPLINE_TEXT(binary_regex, of_process<&SeenProcess::binary>),
    TRIPLINE_TEXT(parent_binary_regex, of_parent<&SeenProcess::binary>),
    TRIPLINE_TEXT(container_id, of_process<&SeenProcess::docker>),
    TRIPLINE_TEXT(namespace_regex, of_pod<&SeenPod::name_space>),
    TRIPLINE_TEXT(pod_regex, of_pod<&SeenPod::name>),
    TRIPLINE_TEXT(container_name_regex, container_of),
    TRIPLINE_TEXT(arguments_regex, of_process<&SeenProcess::arguments>),
    TRIPLINE_TEXT(parent_arguments_regex, of_parent<&SeenProcess::arguments>),
    TRIPLINE_LIST(ancestor_binary_regex, match_ancestors),
    TRIPLINE_LIST(cel_expression, match_cel),
});
constexpr std::string_view kPidSet = "pid_set";

#undef TRIPLINE_LIST
#undef TRIPLINE_SINGLE
#undef TRIPLINE_TEXT

size_t expressions_in(const tetragon::Filter& filter) {
  int count = 0;
  for (const Texts* texts :
       {&filter.binary_regex(), &filter.pod_regex(), &filter.arguments_regex(), &filter.parent_binary_regex(),
        &filter.parent_arguments_regex(), &filter.container_id(), &filter.ancestor_binary_regex(),
        &filter.container_name_regex(), &filter.namespace_regex(), &filter.cel_expression()})
    count += texts->size();
  return static_cast<size_t>(count);
}

// A filter without any value counts, too.
size_t values_in(const tetragon::Filter& filter) {
  const int others = filter.namespace_().size() + filter.pid().size() + filter.pid_set().size() +
                     filter.event_set().size() + filter.labels().size() + filter.policy_names().size();
  return 1 + static_cast<size_t>(others) + expressions_in(filter);
}

}  // namespace

struct FilterCompiler {
  const FilterOptions& options;
  int64_t memory;

  std::expected<EventFilter::Filter, std::string> compile(const tetragon::Filter& filter) const {
    EventFilter::Filter out;
    const Context context{filter, options, memory};
    if (!filter.pid_set().empty()) {
      if (!options.pid_set)
        return std::unexpected(
            "pid_set is not enabled in filters of the export, use --enable-pid-set-filter");
      out.pids.emplace(std::unordered_set<uint32_t>(filter.pid_set().begin(), filter.pid_set().end()));
    }
    for (const Field& field : kFields) {
      if (!field.is_set(filter)) continue;
      Made made = field.make(context);
      if (!made) return std::unexpected(std::move(made).error());
      out.matchers.push_back(*std::move(made));
    }
    return out;
  }
};

std::expected<EventFilter, std::string> EventFilter::compile(const tetragon::GetEventsRequest& request,
                                                             const FilterOptions& options) {
  size_t values = 0, expressions = 0;
  for (const auto* list : {&request.allow_list(), &request.deny_list()}) {
    for (const tetragon::Filter& filter : *list) {
      values += values_in(filter);
      expressions += expressions_in(filter);
    }
  }
  const size_t asked = values;
  for (const tetragon::FieldFilter& filter : request.field_filters())
    values += 1 + filter.fields().paths_size();
  if (values > kMostValues)
    return std::unexpected("too many values in filters: " + std::to_string(values) + ", at most " +
                           std::to_string(kMostValues) + " are possible");
  if (expressions > kMostExpressions)
    return std::unexpected("too many expressions in filters: " + std::to_string(expressions) + ", at most " +
                           std::to_string(kMostExpressions) + " are possible");
  const FilterCompiler compiler{options, memory_of_each(expressions)};
  EventFilter out;
  out.quick_ = expressions == 0 && asked <= kFewValues;
  for (const auto& [list, compiled] :
       {std::pair{&request.allow_list(), &out.allow_}, std::pair{&request.deny_list(), &out.deny_}}) {
    for (const tetragon::Filter& filter : *list) {
      auto made = compiler.compile(filter);
      if (!made) return std::unexpected(std::move(made).error());
      compiled->push_back(*std::move(made));
      if (!filter.cel_expression().empty()) out.ignores_arguments_ = false;
    }
  }
  return out;
}

bool EventFilter::any_matches(std::vector<Filter>& filters, const Subject& subject) {
  bool found = false;
  for (Filter& filter : filters) {
    const bool in_set = !filter.pids || filter.pids->learn(subject);
    found = found || (in_set && std::ranges::all_of(filter.matchers,
                                                    [&](const Matcher& each) { return each(subject); }));
  }
  return found;
}

bool EventFilter::passes(const Subject& subject) {
  return (allow_.empty() || any_matches(allow_, subject)) && !any_matches(deny_, subject);
}

bool EventFilter::passes(const Event& event) { return empty() || passes(subject_of(event)); }

bool EventFilter::passes(const tetragon::GetEventsResponse& message) {
  return empty() || passes(subject_of(message));
}

std::vector<std::string_view> filter_fields() {
  std::vector<std::string_view> out{kPidSet};
  for (const Field& field : kFields) out.push_back(field.name);
  return out;
}

}  // namespace tripline
