// SPDX-License-Identifier: Apache-2.0
// Each field of a filter, wherever there are filters: in the lists of the export, for a reader of the API, which is asked
// about events, and for getevents on standard input, which reads the lines that the export wrote. In an allow list and in
// a deny list it passes one event and keeps another, which differs only in what the field is about.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "export/export.h"
#include "export/folder.h"
#include "filter/parse_lists.h"
#include "render/json.h"
#include "serve/expression.h"
#include "serve/message_json.h"
#include "tetragon/events.pb.h"

namespace tripline {
namespace {

using test::Folder;
using test::read_file;

const Node kNode{"n", ""};

// What an event is made of.
struct Parts {
  Process process;
  PodView pod;
  bool may_be_probe = false;
  Process parent;
  Process ancestor;
  bool has_pod = true, has_parent = true, has_ancestor = true;
  Payload payload = ProcessKprobe{.function = "f", .policy = "seeks"};
};

constexpr uint64_t bit(unsigned number) { return uint64_t{1} << number; }
constexpr unsigned kChown = 0, kKill = 5, kAdmin = 21;

Parts usual() {
  Parts out;
  out.process = {
      .exec_id = "id24", .pid = 24, .docker = "abcdef0123456789abcdef012345678", .in_init_tree = true};
  out.process.binary = SharedText("/opt/bin/act");
  out.process.arguments = SharedText("lseek -1");
  out.process.cap =
      Capabilities{bit(kAdmin) | bit(kKill), bit(kAdmin) | bit(kKill), bit(kAdmin) | bit(kKill)};
  out.pod.name_space = "prod";
  out.pod.name = "web-1";
  out.pod.container.name = "nginx";
  out.pod.labels = {{"app", "web"}};
  out.parent = {.exec_id = "id20", .pid = 20};
  out.parent.binary = SharedText("/usr/bin/bash");
  out.parent.arguments = SharedText("-c true");
  out.ancestor = {.exec_id = "id10", .pid = 10};
  out.ancestor.binary = SharedText("/usr/sbin/sshd");
  return out;
}

Event event_of(const Parts& parts) {
  Event event;
  Process process = parts.process;
  if (parts.has_pod)
    process.pod =
        ProcessPod{.of = std::make_shared<const PodView>(parts.pod), .may_be_probe = parts.may_be_probe};
  event.process.process = std::make_shared<const Process>(std::move(process));
  if (parts.has_parent) event.parent = {std::make_shared<const Process>(parts.parent)};
  if (parts.has_ancestor) event.ancestors.push_back({std::make_shared<const Process>(parts.ancestor)});
  event.payload = parts.payload;
  return event;
}

using Change = std::function<void(Parts& parts)>;
struct Row {
  std::string_view field;
  std::string filter;
  Change kept;     // so that another event than the usual one matches
  Change differs;  // and so that one does not
};

const Change kNothing = [](Parts&) {};
Change text(SharedText Process::* member, const char* value, Process Parts::* of = &Parts::process) {
  return [=](Parts& parts) { (parts.*of).*member = SharedText(value); };
}
Change policy_of(const Payload& payload) {
  return [=](Parts& parts) { parts.payload = payload; };
}

std::vector<Row> rows() {
  const Change host = [](Parts& parts) { parts.has_pod = false; };
  const Change is_probe = [](Parts& parts) { parts.may_be_probe = true; };
  const Change no_tree = [](Parts& parts) { parts.process.in_init_tree.reset(); };
  const Change orphan = [](Parts& parts) { parts.has_parent = false; };
  std::vector<Row> out = {
      {"binary_regex", R"({"binary_regex":["^nosuch","n/act$"]})", kNothing,
       text(&Process::binary, "/opt/bin/actor")},
      {"parent_binary_regex", R"({"parent_binary_regex":["bash$"]})", kNothing,
       text(&Process::binary, "/bin/dash", &Parts::parent)},
      {"parent_binary_regex", R"({"parent_binary_regex":[""]})", kNothing, orphan},
      {"ancestor_binary_regex", R"({"ancestor_binary_regex":["sshd"]})", kNothing,
       text(&Process::binary, "/bin/cron", &Parts::ancestor)},
      {"ancestor_binary_regex", R"({"ancestor_binary_regex":[""]})", kNothing,
       [](Parts& parts) { parts.has_ancestor = false; }},
      {"arguments_regex", R"({"arguments_regex":["-1$"]})", kNothing, text(&Process::arguments, "lseek 0")},
      {"parent_arguments_regex", R"({"parent_arguments_regex":["^-c"]})", kNothing,
       text(&Process::arguments, "script", &Parts::parent)},
      {"namespace", R"({"namespace":["dev","prod"]})", kNothing,
       [](Parts& parts) { parts.pod.name_space = "production"; }},
      {"namespace", R"({"namespace":["prod"]})", kNothing, host},
      {"namespace", R"({"namespace":[""]})", host, kNothing},
      {"namespace_regex", R"({"namespace_regex":["^pro"]})", kNothing,
       [](Parts& parts) { parts.pod.name_space = "dev"; }},
      {"namespace_regex", R"({"namespace_regex":[""]})", kNothing, host},
      {"pod_regex", R"({"pod_regex":["^web-[0-9]$"]})", kNothing,
       [](Parts& parts) { parts.pod.name = "db-1"; }},
      {"container_name_regex", R"({"container_name_regex":["^nginx$"]})", kNothing,
       [](Parts& parts) { parts.pod.container.name = "nginx-exporter"; }},
      {"container_id", R"({"container_id":["^abcdef"]})", kNothing,
       [](Parts& parts) { parts.process.docker = "0123456789abcdef0123456789abcde"; }},
      {"labels", R"({"labels":["app in (web,db), !old"]})", kNothing,
       [](Parts& parts) { parts.pod.labels["old"] = "yes"; }},
      {"labels", R"({"labels":["app!=db"]})", kNothing, host},
      {"pid", R"({"pid":[7,24]})", kNothing, [](Parts& parts) { parts.process.pid = 25; }},
      {"pid_set", R"({"pid_set":[24]})", kNothing, [](Parts& parts) { parts.process.pid = 25; }},
      {"pid_set", R"({"pid_set":[20]})", kNothing,
       [](Parts& parts) { parts.process.pid = parts.parent.pid = 21; }},
      {"event_set", R"({"event_set":["PROCESS_EXIT","PROCESS_KPROBE"]})", kNothing, policy_of(ProcessExec{})},
      {"event_set", R"({"event_set":[10]})", policy_of(ProcessTracepoint{}), kNothing},
      {"health_check", R"({"health_check":true})", is_probe, kNothing},
      {"health_check", R"({"health_check":false})", kNothing, is_probe},
      {"health_check", R"({"health_check":false})", host, is_probe},
      {"in_init_tree", R"({"in_init_tree":true})", kNothing, no_tree},
      {"in_init_tree", R"({"in_init_tree":false})", no_tree, kNothing},
      {"cel_expression", R"({"cel_expression":["process_kprobe.process.pid == 24u"]})", kNothing,
       [](Parts& parts) { parts.process.pid = 25; }},
      {"cel_expression", R"({"cel_expression":["process_kprobe.policy_name != ''"]})", kNothing,
       policy_of(ProcessTracepoint{.policy = "seeks"})},
  };
  const std::pair<Payload, Payload> policies[] = {
      {ProcessKprobe{.policy = "mine"}, ProcessKprobe{.policy = "mine-too"}},
      {ProcessTracepoint{.policy = "mine"}, ProcessTracepoint{.policy = "mine-too"}},
      {ProcessLsm{.policy = "mine"}, ProcessLsm{.policy = "mine-too"}},
      {ProcessUprobe{.policy = "mine"}, ProcessUprobe{.policy = "mine-too"}},
      {ProcessUsdt{.policy = "mine"}, ProcessUsdt{.policy = "mine-too"}},
      {ProcessKprobe{.policy = "mine"}, ProcessExec{}}};
  for (const auto& [mine, other] : policies)
    out.push_back({"policy_names", R"({"policy_names":["mine"]})", policy_of(mine), policy_of(other)});
  const std::pair<std::string, uint64_t Capabilities::*> sets[] = {
      {"permitted", &Capabilities::permitted},
      {"effective", &Capabilities::effective},
      {"inheritable", &Capabilities::inheritable}};
  // What each asks of a set that has two, and a set for which it does not hold.
  const std::tuple<std::string, std::string, uint64_t> tests[] = {
      {"any", R"(["CAP_CHOWN","CAP_KILL"])", bit(kAdmin)},
      {"all", R"(["CAP_SYS_ADMIN","CAP_KILL"])", bit(kAdmin)},
      {"exactly", R"(["CAP_KILL","CAP_SYS_ADMIN"])", bit(kAdmin) | bit(kKill) | bit(kChown)},
      {"none", R"(["CAP_CHOWN"])", bit(kChown)}};
  for (const auto& [set, member] : sets) {
    for (const auto& [test, names, bits] : tests)
      out.push_back({"capabilities",
                     R"({"capabilities":{")" + set + R"(":{")" + test + R"(":)" + names + "}}}", kNothing,
                     [member = member, bits = bits](Parts& parts) { *parts.process.cap.*member = bits; }});
  }
  return out;
}

FilterOptions options() {
  FilterOptions out;
  out.compile_cel = cel_compiler(kNode);
  return out;
}

// The lines of the export with these lists.
std::string exported(const ListTexts& lists, const std::vector<Event>& events) {
  const Folder folder;
  auto filters = compile_export_lists(lists, options());
  EXPECT_TRUE(filters) << filters.error();
  auto started = Export::start({.target = folder / "e"}, kNode, *std::move(filters));
  EXPECT_TRUE(started) << started.error().text();
  for (const Event& event : events)
    if (started->passes(event)) started->add(event);
  EXPECT_FALSE(started->finish());
  return read_file(folder / "e");
}

// Of each, whether a reader with these lists gets it: as an event, and as a line of its input.
std::vector<bool> read(const ListTexts& lists, const std::vector<Event>& events, bool from_lines) {
  tetragon::GetEventsRequest request;
  EXPECT_TRUE(parse_export_lists(lists, request));
  auto filter = EventFilter::compile(request, options());
  EXPECT_TRUE(filter) << filter.error();
  std::vector<bool> out;
  for (const Event& event : events) {
    tetragon::GetEventsResponse message;
    EXPECT_TRUE(message_from_json(to_json(event, kNode), message));
    out.push_back(from_lines ? filter->passes(message) : filter->passes(event));
  }
  return out;
}

TEST(FilterFields, EachPassesOneEventAndKeepsAnotherEverywhere) {
  std::set<std::string_view> tested;
  for (const Row& row : rows()) {
    tested.insert(row.field);
    Parts mine = usual(), other = usual();
    row.kept(mine);
    row.differs(other);
    const std::vector<Event> events = {event_of(mine), event_of(other)};
    const std::string lines[] = {to_json(events[0], kNode) + "\n", to_json(events[1], kNode) + "\n"};
    ASSERT_NE(lines[0], lines[1]) << row.filter;
    EXPECT_EQ(exported({.allow = row.filter, .deny = {}, .field_filters = {}}, events), lines[0])
        << row.filter;
    EXPECT_EQ(exported({.allow = {}, .deny = row.filter, .field_filters = {}}, events), lines[1])
        << row.filter;
    for (const bool from_lines : {false, true}) {
      EXPECT_EQ(read({.allow = row.filter, .deny = {}, .field_filters = {}}, events, from_lines),
                (std::vector<bool>{true, false}))
          << row.filter << from_lines;
      EXPECT_EQ(read({.allow = {}, .deny = row.filter, .field_filters = {}}, events, from_lines),
                (std::vector<bool>{false, true}))
          << row.filter << from_lines;
    }
  }
  const auto fields = filter_fields();
  EXPECT_EQ(tested, std::set(fields.begin(), fields.end()));
}

// No field about processes matches what has none, and a list that asks for nothing changes nothing.
TEST(FilterFields, OfEventsWithoutAProcessOnlyTheTypeMatches) {
  Event throttle;
  throttle.payload = ProcessThrottle{.type = ProcessThrottle::Type::kStart, .cgroup = "c"};
  for (const Row& row : rows()) {
    if (row.field == "event_set") continue;
    for (const bool from_lines : {false, true})
      EXPECT_EQ(read({.allow = row.filter, .deny = {}, .field_filters = {}}, {throttle}, from_lines),
                std::vector<bool>{false})
          << row.filter;
  }
  EXPECT_EQ(read({.allow = R"({"event_set":["PROCESS_THROTTLE"]})", .deny = {}, .field_filters = {}},
                 {throttle}, true),
            std::vector<bool>{true});
}

// All fields of a filter at once, and each of them made wrong: it matches only when all do.
TEST(FilterFields, AllFieldsOfAFilterMustMatch) {
  std::string all;
  std::set<std::string_view> named;
  std::vector<const Row*> together;
  const std::vector<Row> table = rows();
  for (const Row& row : table) {
    Parts usual_parts = usual(), mine = usual();
    row.kept(mine);
    if (to_json(event_of(mine), kNode) != to_json(event_of(usual_parts), kNode)) continue;
    if (!named.insert(row.field).second) continue;
    together.push_back(&row);
    all += (all.empty() ? "" : ",") + row.filter.substr(1, row.filter.size() - 2);
  }
  all = "{" + all + "}";
  EXPECT_GT(together.size(), 15U) << all;
  const auto passes = [&](const Parts& parts) -> bool {
    return read({.allow = all, .deny = {}, .field_filters = {}}, {event_of(parts)}, false).front();
  };
  EXPECT_TRUE(passes(usual()));
  for (const Row* row : together) {
    Parts parts = usual();
    row->differs(parts);
    EXPECT_FALSE(passes(parts)) << row->filter;
  }
}

}  // namespace
}  // namespace tripline
