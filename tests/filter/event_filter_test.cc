// SPDX-License-Identifier: Apache-2.0
#include "filter/event_filter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "filter/parse_lists.h"
#include "filter/stream.h"
#include "tetragon/events.pb.h"

namespace tripline {
namespace {

using test::event_of;
using test::Step;

tetragon::GetEventsRequest request_of(std::string_view allow, std::string_view deny = {}) {
  tetragon::GetEventsRequest request;
  const auto parsed = parse_export_lists({allow, deny, {}}, request);
  EXPECT_TRUE(parsed) << parsed.error();
  return request;
}

std::string refusal(std::string_view allow, const FilterOptions& options = {}) {
  const auto compiled = EventFilter::compile(request_of(allow), options);
  return compiled ? "" : compiled.error();
}

std::string passing(EventFilter& filter, const std::vector<Step>& steps) {
  std::string out;
  for (const Step& step : steps) {
    if (!filter.passes(event_of(step))) continue;
    out += std::string(out.empty() ? "" : " ") + step.kind + std::to_string(step.pid);
  }
  return out;
}

constexpr std::string_view kAll =
    "exec20 exec21 exit21 exec22 exit22 exec23 exit23 exec24 kprobe24 exit24 exec25 tracepoint25 exit25 "
    "exit20";
constexpr std::string_view kBelow =
    "exec21 exit21 exec22 exit22 exec23 exit23 exec24 kprobe24 exit24 exec25 tracepoint25 exit25";

TEST(EventFilter, LetsThroughWhatWasRecorded) {
  struct Case {
    std::string_view allow, deny, expected;
  };
  const Case cases[] = {
      {"", "", kAll},
      {"{}", "", kAll},
      {"", "{}", ""},
      {R"({"binaryRegex":["/true$","^/bin/ec"]})", "", "exec21 exit21 exec22 exit22"},
      {"", R"({"binaryRegex":["act$"]} {"eventSet":["PROCESS_EXIT"]})", "exec20 exec21 exec22 exec23"},
      {R"({"binaryRegex":["true","false"]})", R"({"eventSet":["PROCESS_EXIT"]})", "exec21 exec23"},
      {R"({"binaryRegex":["/true","/false"],"eventSet":["PROCESS_EXIT"]})", "", "exit21 exit23"},
      {R"({"binaryRegex":["/true$"]}{"eventSet":["PROCESS_KPROBE"]})", "", "exec21 exit21 kprobe24"},
      {R"({"parentBinaryRegex":["bash$"]})", "", kAll},
      {R"({"parentArgumentsRegex":["^-c"]})", "", kBelow},
      {R"({"argumentsRegex":["^w1$"]})", "", "exec21 exit21"},
      {R"({"argumentsRegex":["^$"]})", "", "exec22 exit22 exec23 exit23"},
      {R"({"ancestorBinaryRegex":["bash"],"eventSet":["PROCESS_EXEC","PROCESS_KPROBE"]})", "",
       "exec20 exec21 exec22 exec23 exec24 kprobe24 exec25"},
      {R"({"namespace":["default"]})", "", ""},
      {R"({"namespace":[""]})", "", kAll},
      {R"({"namespaceRegex":["^$"]})", "", ""},
      {R"({"podRegex":[""]})", "", ""},
      {R"({"containerNameRegex":[""]})", "", ""},
      {R"({"pid":[23, 25]})", "", "exec23 exit23 exec25 tracepoint25 exit25"},
      {R"({"pid":[0]})", "", ""},
      {R"({"pidSet":[20]})", "", kAll},
      {R"({"pidSet":[7]})", "", ""},
      {R"({"eventSet":[9,10]})", "", "kprobe24 tracepoint25"},
      {R"({"eventSet":[99]})", "", ""},
      {R"({"eventSet":["UNDEF"]})", "", ""},
      {R"({"policyNames":["masks"]})", "", "tracepoint25"},
      {R"({"eventSet":["PROCESS_TRACEPOINT","PROCESS_KPROBE"]})", R"({"policyNames":["masks"]})", "kprobe24"},
      {R"({"inInitTree":true})", "", ""},
      {R"({"inInitTree":false,"eventSet":["PROCESS_KPROBE"]})", "", "kprobe24"},
      {R"({"healthCheck":false,"eventSet":["PROCESS_KPROBE"]})", "", "kprobe24"},
      {R"({"healthCheck":true})", "", ""},
      {R"({"containerId":["^abc"]})", "", ""},
      {R"({"labels":["app=x"]})", "", ""},
      {R"({"labels":["app!=x"],"eventSet":["PROCESS_KPROBE"]})", "", ""},
      {R"({"capabilities":{"effective":{"any":["CAP_SYS_ADMIN"]}},"eventSet":["PROCESS_KPROBE"]})", "",
       "kprobe24"},
      {R"({"capabilities":{"permitted":{"none":["CAP_SYS_ADMIN"]}}})", "", ""},
      {R"({"capabilities":{"effective":{"exactly":["CAP_SYS_ADMIN"]},"permitted":{"all":["CAP_CHOWN",
           "CAP_DAC_OVERRIDE"]},"inheritable":{"none":["CAP_CHOWN"]}},"pid":[20]})",
       "", "exec20 exit20"},
  };
  for (const Case& each : cases) {
    auto filter = EventFilter::compile(request_of(each.allow, each.deny), {});
    ASSERT_TRUE(filter) << filter.error();
    EXPECT_EQ(passing(*filter, test::recorded_steps()), each.expected) << each.allow << " / " << each.deny;
  }
}

// One shell that runs a command, another shell with two of its own, and then becomes a third.
const std::vector<Step> kFamily = {
    {"exec", 31, "/bin/true", "p1", 30},   {"exit", 31, "/bin/true", "p1", 30},
    {"exec", 32, "/bin/bash", "-c x", 30}, {"exec", 33, "/bin/echo", "p2", 32},
    {"exit", 33, "/bin/echo", "p2", 32},   {"exec", 34, "/bin/false", "p3", 32},
    {"exit", 34, "/bin/false", "p3", 32},  {"exit", 32, "/bin/bash", "-c x", 30},
    {"exec", 30, "/bin/echo", "p4", 10},   {"exit", 30, "/bin/echo", "p4", 10},
    {"exec", 35, "/bin/true", "p5", 10},   {"exit", 35, "/bin/true", "p5", 10}};

TEST(EventFilter, FollowsDescendants) {
  struct Case {
    std::string_view allow, deny, expected;
  };
  constexpr std::string_view kDescendants =
      "exec31 exit31 exec32 exec33 exit33 exec34 exit34 exit32 exec30 exit30";
  const Case cases[] = {
      {R"({"pid":[30]})", "", "exec30 exit30"},
      {R"({"pidSet":[30]})", "", kDescendants},
      {R"({"pidSet":[30],"eventSet":["PROCESS_EXEC"]})", "", "exec31 exec32 exec33 exec34 exec30"},
      {R"({"pidSet":[30],"binaryRegex":["echo"]})", "", "exec33 exit33 exec30 exit30"},
      {R"({"pidSet":[30]})", R"({"pid":[30]})", "exec31 exit31 exec32 exec33 exit33 exec34 exit34 exit32"},
      // What the allow list keeps away, the deny list does not learn of.
      {R"({"argumentsRegex":["^p[0-9]"]})", R"({"pidSet":[30]})",
       "exec33 exit33 exec34 exit34 exec35 exit35"},
      {R"({"pid":[0]})", "", ""},
  };
  for (const Case& each : cases) {
    auto filter = EventFilter::compile(request_of(each.allow, each.deny), {});
    ASSERT_TRUE(filter) << filter.error();
    EXPECT_EQ(passing(*filter, kFamily), each.expected) << each.allow << " / " << each.deny;
  }
}

TEST(EventFilter, RefusesAsRecorded) {
  EXPECT_EQ(refusal(R"({"binaryRegex":["["]})"),
            "failed to compile regexp: error parsing regexp: missing closing ]: `[`");
  EXPECT_EQ(refusal(R"({"labels":["=="]})"),
            "invalid pod label filter: found '==', expected: !, identifier, or 'end of string'");
  EXPECT_EQ(refusal(R"({"capabilities":{"effective":{}}})"),
            "capability filter must define exactly one match set");
  EXPECT_EQ(refusal(R"({"capabilities":{"effective":{"any":[1],"all":[1]}}})"),
            "capability filter must define exactly one match set");
  FilterOptions some;
  some.ancestors.loader = some.ancestors.uprobe = some.ancestors.lsm = some.ancestors.usdt = false;
  EXPECT_EQ(refusal(R"({"ancestorBinaryRegex":["bash"]})", some),
            "ancestors are not enabled for PROCESS_LOADER event type, cannot configure ancestor filter");
  EXPECT_EQ(refusal(R"({"ancestorBinaryRegex":["bash"],"eventSet":["PROCESS_EXEC","PROCESS_KPROBE"]})", some),
            "");
  FilterOptions none{.capabilities = false, .pid_set = false};
  none.ancestors.base = false;
  EXPECT_EQ(refusal(R"({"ancestorBinaryRegex":["bash"]})", none),
            "ancestors are not enabled for PROCESS_EXEC event type, cannot configure ancestor filter");
  EXPECT_EQ(refusal(R"({"capabilities":{"effective":{"any":["CAP_SYS_ADMIN"]}}})", none),
            "capabilities are not enabled in process events, cannot configure capability filter");
  EXPECT_NE(refusal(R"({"pidSet":[1]})", none), "");
  EXPECT_EQ(refusal(R"({"celExpression":["true"]})"),
            "cel_expression is not available: this build does not support CEL");
}

TEST(EventFilter, AsksTheEngineForCel) {
  std::string given;
  FilterOptions options;
  options.compile_cel = [&](const std::string& text) -> std::expected<Matcher, std::string> {
    given = text;
    if (text == "bad") return std::unexpected("error compiling CEL expression: bad");
    return [](const Subject& subject) { return subject.process && subject.process->pid == 21; };
  };
  auto filter = EventFilter::compile(request_of(R"({"celExpression":["x"]})"), options);
  ASSERT_TRUE(filter);
  EXPECT_EQ(given, "x");
  EXPECT_EQ(passing(*filter, test::recorded_steps()), "exec21 exit21");
  EXPECT_EQ(refusal(R"({"celExpression":["x","bad"]})", options), "error compiling CEL expression: bad");
}

TEST(EventFilter, KnowsEveryFieldOfAFilter) {
  std::set<std::string> named;
  for (const std::string_view field : filter_fields()) EXPECT_TRUE(named.emplace(field).second) << field;
  const auto& descriptor = *tetragon::Filter::descriptor();
  for (int at = 0; at < descriptor.field_count(); at++)
    EXPECT_TRUE(named.contains(descriptor.field(at)->name())) << descriptor.field(at)->name();
  EXPECT_EQ(named.size(), static_cast<size_t>(descriptor.field_count()));
}

TEST(EventFilter, LooksAtPodsOfEvents) {
  const auto pod = std::make_shared<const PodView>(
      PodView{.name_space = "prod",
              .name = "web-1",
              .uid = {},
              .container = {.id = {}, .name = "nginx", .image_id = {}, .image = {}, .started_at = {}},
              .labels = {{"app", "web"}},
              .workload = {},
              .workload_kind = {},
              .annotations = {},
              .probes = {}});
  Process process{.pod = ProcessPod{.of = pod, .may_be_probe = true},
                  .docker = "abcdef0123456789abcdef012345678"};
  Event event{.process = {.process = std::make_shared<const Process>(process), .tid = {}},
              .payload = ProcessExec{}};
  const auto matches = [&event](std::string_view filter) {
    auto compiled = EventFilter::compile(request_of(filter), {});
    EXPECT_TRUE(compiled);
    return compiled->passes(event);
  };
  for (const char* filter :
       {R"({"namespace":["dev","prod"]})", R"({"namespaceRegex":["^pr"]})", R"({"podRegex":["^web-[0-9]$"]})",
        R"({"containerNameRegex":["nginx"]})", R"({"containerId":["^abcdef"]})",
        "{\"labels\":[\"app in (web)\"]}", R"({"labels":["app!=x"]})", R"({"healthCheck":true})"})
    EXPECT_TRUE(matches(filter)) << filter;
  for (const char* filter :
       {R"({"namespace":["","dev"]})", R"({"namespaceRegex":["^od"]})", R"({"podRegex":["db"]})",
        R"({"containerNameRegex":["^x"]})", R"({"containerId":["^bcd"]})", R"({"labels":["app=db"]})",
        R"({"healthCheck":false})"})
    EXPECT_FALSE(matches(filter)) << filter;
  // Of the host: only the empty namespace is its.
  event.process.process = std::make_shared<const Process>();
  EXPECT_TRUE(matches(R"({"namespace":[""]})"));
  EXPECT_TRUE(matches(R"({"healthCheck":false})"));
  for (const char* filter : {R"({"namespace":["prod"]})", R"({"namespaceRegex":[""]})",
                             R"({"podRegex":[""]})", R"({"labels":["!app"]})"})
    EXPECT_FALSE(matches(filter)) << filter;
}

TEST(EventFilter, LooksAtPodsOfMessages) {
  const auto matches = [](std::string_view filter, const tetragon::GetEventsResponse& message) {
    auto compiled = EventFilter::compile(request_of(filter), {});
    EXPECT_TRUE(compiled);
    return compiled->passes(message);
  };
  tetragon::GetEventsResponse message;
  tetragon::Process& process = *message.mutable_process_usdt()->mutable_process();
  message.mutable_process_usdt()->set_policy_name("probes");
  process.set_docker("abcdef0123456789abcdef012345678");
  process.mutable_in_init_tree()->set_value(true);
  tetragon::Pod& pod = *process.mutable_pod();
  pod.set_namespace_("prod");
  pod.set_name("web-1");
  pod.mutable_container()->set_name("nginx");
  (*pod.mutable_pod_labels())["app"] = "web";
  for (const char* filter :
       {R"({"namespace":["dev","prod"]})", R"({"namespaceRegex":["^pr"]})", R"({"podRegex":["^web-[0-9]$"]})",
        R"({"containerNameRegex":["nginx"]})", R"({"containerId":["^abcdef"]})",
        "{\"labels\":[\"app in (web)\"]}", R"({"labels":["app!=x"]})", R"({"inInitTree":true})",
        R"({"healthCheck":false})", R"({"policyNames":["probes"]})", R"({"eventSet":["PROCESS_USDT"]})"})
    EXPECT_TRUE(matches(filter, message)) << filter;
  for (const char* filter :
       {R"({"namespace":["","dev"]})", R"({"namespaceRegex":["^od"]})", R"({"podRegex":["db"]})",
        R"({"containerNameRegex":["^x"]})", R"({"containerId":["^bcd"]})", R"({"labels":["app=db"]})",
        R"({"inInitTree":false})", R"({"healthCheck":true})", R"({"policyNames":[""]})"})
    EXPECT_FALSE(matches(filter, message)) << filter;
  message.mutable_process_usdt()->mutable_parent()->mutable_pod()->mutable_container()->set_maybe_exec_probe(
      true);
  EXPECT_TRUE(matches(R"({"healthCheck":true})", message));
}

TEST(EventFilter, EventsWithoutAProcessMatchNothingOfOne) {
  Event event;
  event.payload = ProcessThrottle{};
  for (const char* filter : {R"({"healthCheck":false})", R"({"inInitTree":false})", R"({"namespace":[""]})",
                             R"({"binaryRegex":[""]})", R"({"parentBinaryRegex":[""]})", R"({"pid":[0]})",
                             R"({"pidSet":[0]})", R"({"containerId":[""]})"}) {
    auto compiled = EventFilter::compile(request_of(filter), {});
    ASSERT_TRUE(compiled);
    EXPECT_FALSE(compiled->passes(event)) << filter;
  }
  auto throttle = EventFilter::compile(request_of(R"({"eventSet":["PROCESS_THROTTLE"]})"), {});
  EXPECT_TRUE(throttle->passes(event));
}

TEST(EventFilter, RefusesTooMuch) {
  tetragon::GetEventsRequest request;
  for (size_t count = 0; count <= EventFilter::kMostExpressions; count++)
    request.mutable_allow_list()->Add()->add_binary_regex("x");
  EXPECT_NE(EventFilter::compile(request, {}).error().find("too many expressions"), std::string::npos);
  request.Clear();
  for (size_t count = 0; count <= EventFilter::kMostValues; count++) request.add_deny_list();
  EXPECT_NE(EventFilter::compile(request, {}).error().find("too many values"), std::string::npos);
  // Memory of an expression that would unfold to a lot.
  request.Clear();
  request.add_allow_list()->add_arguments_regex("((((a{100}){100}){100}){100}){100}");
  EXPECT_FALSE(EventFilter::compile(request, {}));
}

// The slow evaluator: what events.md says, for each field by itself, on plain values without expressions.
bool slow_field(const tetragon::Filter& filter, const Event& event, int type) {
  const Process& process = *event.process.process;
  const auto any = [](const auto& list, auto test) {
    return list.empty() || std::ranges::any_of(list, test);
  };
  const auto holds = [](std::string_view text) {
    return [text](const std::string& part) { return text.find(part) != std::string_view::npos; };
  };
  return any(filter.binary_regex(), holds(process.binary)) &&
         any(filter.arguments_regex(), holds(process.arguments)) &&
         any(filter.parent_binary_regex(),
             [&](const std::string& part) {
               return event.parent && holds(event.parent->process->binary)(part);
             }) &&
         any(filter.pid(), [&](uint32_t pid) { return pid == process.pid; }) &&
         any(filter.event_set(), [&](int each) { return each == type; }) &&
         (!filter.has_in_init_tree() ||
          filter.in_init_tree().value() == process.in_init_tree.value_or(false));
}

TEST(EventFilter, AgreesWithASlowEvaluator) {
  std::mt19937 random(7);
  const auto below = [&](size_t limit) { return random() % limit; };
  const char* words[] = {"a", "b", "ab", "/x", "/x/a", ""};
  const auto word = [&] { return std::string(words[below(std::size(words))]); };
  const int types[] = {1, 5, 9, 10, 28};
  for (int round = 0; round < 3000; round++) {
    tetragon::GetEventsRequest request;
    for (auto* list : {request.mutable_allow_list(), request.mutable_deny_list()}) {
      for (size_t count = below(3); count > 0; count--) {
        tetragon::Filter& filter = *list->Add();
        for (size_t values = below(3); values > 0; values--) {
          if (below(2) == 0) filter.add_binary_regex(word());
          if (below(3) == 0) filter.add_arguments_regex(word());
          if (below(3) == 0) filter.add_parent_binary_regex(word());
          if (below(4) == 0) filter.add_pid(static_cast<uint32_t>(below(3)));
          if (below(3) == 0) filter.add_event_set(static_cast<tetragon::EventType>(types[below(5)]));
          if (below(4) == 0) filter.mutable_in_init_tree()->set_value(below(2) == 0);
        }
      }
    }
    auto compiled = EventFilter::compile(request, {});
    ASSERT_TRUE(compiled) << compiled.error();
    for (int events = 0; events < 5; events++) {
      const size_t kind = below(5);
      Event event;
      Process process{.pid = static_cast<uint32_t>(below(3))};
      process.binary = word() + word();
      process.arguments = word();
      if (below(2) == 0) process.in_init_tree = below(2) == 0;
      event.process.process = std::make_shared<const Process>(process);
      process.binary = word();
      if (below(3) != 0) event.parent = {std::make_shared<const Process>(process)};
      if (kind == 1) event.payload = ProcessExit{};
      if (kind == 2) event.payload = ProcessKprobe{};
      if (kind == 3) event.payload = ProcessTracepoint{};
      if (kind == 4) event.payload = ProcessLsm{};
      const auto matched = [&](const auto& list) {
        return std::ranges::any_of(list,
                                   [&](const auto& each) { return slow_field(each, event, types[kind]); });
      };
      const bool expected =
          (request.allow_list().empty() || matched(request.allow_list())) && !matched(request.deny_list());
      ASSERT_EQ(compiled->passes(event), expected) << request.ShortDebugString();
    }
  }
}

}  // namespace
}  // namespace tripline
