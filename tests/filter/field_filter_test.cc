// SPDX-License-Identifier: Apache-2.0
#include "filter/field_filter.h"

#include <gtest/gtest.h>

#include "filter/parse_lists.h"
#include "tetragon/events.pb.h"

namespace tripline {
namespace {

FieldFilters filters_of(std::string_view text) {
  tetragon::GetEventsRequest request;
  const auto parsed = parse_export_lists({{}, {}, text}, request);
  EXPECT_TRUE(parsed) << parsed.error();
  return FieldFilters(request);
}

tetragon::GetEventsResponse exec() {
  tetragon::GetEventsResponse out;
  out.set_node_name("n");
  tetragon::Process& process = *out.mutable_process_exec()->mutable_process();
  process.set_binary("/x");
  process.set_arguments("a");
  process.mutable_pid()->set_value(0);
  process.set_exec_id("id");
  process.mutable_start_time()->set_seconds(1);
  auto& labels = *process.mutable_pod()->mutable_pod_labels();
  labels["app.kubernetes.io/name"] = "web";
  labels["tier"] = "3";
  out.mutable_process_exec()->mutable_parent()->set_binary("/p");
  out.mutable_process_exec()->add_ancestors()->set_binary("/a1");
  out.mutable_process_exec()->add_ancestors()->set_cwd("/c2");
  return out;
}

tetragon::GetEventsResponse ended() {
  tetragon::GetEventsResponse out;
  out.mutable_time()->set_seconds(5);
  out.mutable_process_exit()->mutable_process()->set_binary("/x");
  out.mutable_process_exit()->mutable_time()->set_seconds(5);
  out.mutable_process_exit()->set_status(3);
  return out;
}

std::string after(std::string_view filters, tetragon::GetEventsResponse message) {
  filters_of(filters).apply(message);
  return message.ShortDebugString();
}

TEST(FieldFilters, KeepsAndRemoves) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"fields":"process.binary,process.arguments"})",
       R"(process_exec { process { binary: "/x" arguments: "a" } } node_name: "n")"},
      {R"({"fields":"process.startTime,process.execId"})",
       R"(process_exec { process { exec_id: "id" start_time { seconds: 1 } } } node_name: "n")"},
      {R"({"fields":"parent,process.pid"})",
       R"(process_exec { process { pid { } } parent { binary: "/p" } } node_name: "n")"},
      {R"({"fields":"process.nosuch"})", R"(process_exec { process { } } node_name: "n")"},
      {R"({"fields":"nosuch"})", R"(process_exec { } node_name: "n")"},
      {R"({"fields":"process.binary.deeper"})",
       R"(process_exec { process { binary: "/x" } } node_name: "n")"},
      {R"({"fields":"ancestors.binary"})",
       R"(process_exec { ancestors { binary: "/a1" } ancestors { } } node_name: "n")"},
      {R"({"fields":"process.pod.podLabels.app.kubernetes.io/name"})",
       R"(process_exec { process { pod { pod_labels { key: "app.kubernetes.io/name" value: "web" } } } } node_name: "n")"},
      {R"({"fields":"process,ancestors,process.pod.name","action":"EXCLUDE"})",
       R"(process_exec { parent { binary: "/p" } } node_name: "n")"},
      {R"({"fields":"process.pod.pod_labels.tier,process.pid,process.exec_id,process.startTime,ancestors,parent,)"
       R"(process.nosuch,process.binary.x","action":"EXCLUDE"})",
       R"(process_exec { process { binary: "/x" arguments: "a" pod { pod_labels { key: "app.kubernetes.io/name" )"
       R"(value: "web" } } } } node_name: "n")"},
      {R"({"fields":"process.binary"} {"fields":"process.binary","action":"EXCLUDE"})",
       R"(process_exec { process { } } node_name: "n")"},
      {R"({"fields":"process.binary","action":"EXCLUDE"} {"fields":"process.binary,process.cwd,parent.binary"})",
       R"(process_exec { process { } parent { binary: "/p" } } node_name: "n")"},
      {R"({"fields":"parent.binary","event_set":["PROCESS_EXIT","PROCESS_EXEC"]})",
       R"(process_exec { parent { binary: "/p" } } node_name: "n")"},
      {R"({"fields":"parent.binary","eventSet":[1],"invertEventSet":false})",
       R"(process_exec { parent { binary: "/p" } } node_name: "n")"},
      {R"({"fields":"parent.binary","event_set":["PROCESS_EXEC"]} {"fields":"process","event_set":["PROCESS_EXIT"]})",
       R"(process_exec { parent { binary: "/p" } } node_name: "n")"},
      {R"({"fields":" process.binary , ,parent.binary,"})",
       R"(process_exec { process { binary: "/x" } parent { binary: "/p" } } node_name: "n")"},
  };
  for (const auto& [filters, expected] : cases) EXPECT_EQ(after(filters, exec()), expected) << filters;
}

TEST(FieldFilters, ChangesNothing) {
  for (const char* filters :
       {"", R"({"fields":""})", R"({"fields":"","action":"EXCLUDE"})",
        R"({"fields":"nosuch","action":"EXCLUDE"})", R"({"fields":"node_name,time","action":"EXCLUDE"})",
        R"({"fields":"process","event_set":["PROCESS_EXIT"]})",
        R"({"fields":"process","event_set":["PROCESS_EXEC"],"invert_event_set":true})"})
    EXPECT_EQ(after(filters, exec()), exec().ShortDebugString()) << filters;
  EXPECT_TRUE(filters_of(R"({"fields":""})").empty());
}

TEST(FieldFilters, LeavesTheEnvelope) {
  EXPECT_EQ(after(R"({"fields":"time","action":"EXCLUDE"})", ended()),
            R"(process_exit { process { binary: "/x" } status: 3 } time { seconds: 5 })");
  EXPECT_EQ(after(R"({"fields":"status","event_set":["PROCESS_EXEC"],"invert_event_set":true})", ended()),
            R"(process_exit { status: 3 } time { seconds: 5 })");
  // All but no particular types are all.
  EXPECT_EQ(after(R"({"fields":"status","invert_event_set":true})", ended()),
            R"(process_exit { status: 3 } time { seconds: 5 })");
  tetragon::GetEventsResponse nothing;
  EXPECT_EQ(after(R"({"fields":"status"})", nothing), "");
}

TEST(FieldFilters, NamesUnknownPaths) {
  EXPECT_EQ(filters_of(R"({"fields":"process.binry,function_name,process.pod.pod_labels.x,a..b"})").unknown(),
            (std::vector<std::string>{"process.binry, did you mean process.binary?", "a"}));
  EXPECT_TRUE(filters_of(R"({"fields":"process.execId,status,policyName"})").unknown().empty());
}

}  // namespace
}  // namespace tripline
