// SPDX-License-Identifier: Apache-2.0
// Messages that do not stand for something else: events of the API.
#include "cel/message.h"

#include <gtest/gtest.h>

#include "cel/print.h"
#include "cel/program.h"
#include "filter/event_expression.h"
#include "tetragon/events.pb.h"

namespace tripline::cel {
namespace {

tetragon::GetEventsResponse event() {
  tetragon::GetEventsResponse out;
  auto& kprobe = *out.mutable_process_kprobe();
  kprobe.set_function_name("vfs_read");
  kprobe.set_action(tetragon::KPROBE_ACTION_POST);
  kprobe.mutable_process()->mutable_pid()->set_value(7);
  kprobe.mutable_process()->set_binary("/bin/cat");
  kprobe.mutable_process()->mutable_start_time()->set_seconds(60);
  (*kprobe.mutable_process()->mutable_pod()->mutable_pod_labels())["app"] = "web";
  kprobe.add_args()->set_string_arg("x");
  kprobe.add_args()->set_int_arg(-3);
  kprobe.add_tags("t");
  return out;
}

std::string given(const std::string& text) {
  static const auto kEnvironment = event_environment(true);
  const auto program = Program::compile(kEnvironment, text);
  if (!program) return program.error().at(0).message;
  const tetragon::GetEventsResponse message = event();
  const auto variables = event_variables(message);
  const Outcome value = program->evaluate(variables);
  return value ? printed(*value) : value.error();
}

TEST(Message, FieldsAreValues) {
  EXPECT_EQ(given("process_kprobe.function_name"), "\"vfs_read\"");
  EXPECT_EQ(given("process_kprobe.process.pid"), "7u");
  EXPECT_EQ(given("process_kprobe.process.uid"), "null");
  EXPECT_EQ(given("process_kprobe.process.pid == 7u && process_kprobe.process.pid > 6"), "true");
  EXPECT_EQ(given("process_kprobe.process.start_time.getMinutes()"), "1");
  EXPECT_EQ(given("process_kprobe.process.pod.pod_labels['app']"), "\"web\"");
  EXPECT_EQ(given("process_kprobe.args.map(a, a.int_arg)"), "[0, -3]");
  EXPECT_EQ(given("process_kprobe.args.exists(a, has(a.string_arg) && a.string_arg == 'x')"), "true");
  EXPECT_EQ(given("process_kprobe.tags + ['u']"), "[\"t\", \"u\"]");
  EXPECT_EQ(given("process_kprobe.parent.binary"), "\"\"");
  EXPECT_EQ(given("process_kprobe.?parent.hasValue()"), "false");
  EXPECT_EQ(given("has(process_kprobe.process.pod) && !has(process_kprobe.parent)"), "true");
}

TEST(Message, EnumeratorsAreNumbers) {
  EXPECT_EQ(given("process_kprobe.action == KprobeAction.KPROBE_ACTION_POST"), "true");
  EXPECT_EQ(given("process_kprobe.action == tetragon.KprobeAction.KPROBE_ACTION_POST"), "true");
  EXPECT_EQ(given("process_kprobe.action"), "1");
}

TEST(Message, CanBeMade) {
  EXPECT_EQ(given("Process{binary: 'b', pid: 5u}"), "tetragon.Process{pid: 5u, binary: \"b\"}");
  EXPECT_EQ(given("tetragon.Process{pid: null} == Process{}"), "true");
  EXPECT_EQ(given("Process{pid: 5000000000u}"), "range error: 5000000000 does not fit in value");
  EXPECT_EQ(given("type(Process{}) == Process"), "true");
  EXPECT_EQ(given("Process{pod: Pod{pod_labels: {'a': 'b'}}}.pod.pod_labels"), "{\"a\": \"b\"}");
  EXPECT_EQ(given("Process{nam: 1}"), "undefined field 'nam'");
}

TEST(Message, WhatIsWrong) {
  EXPECT_EQ(given("process_kprobe.nothing"), "undefined field 'nothing'");
  EXPECT_EQ(given("process_exec.process.binary"), "no such attribute: a variable has no value");
  EXPECT_EQ(given("process_kprobe.process.pid == 'a'"),
            "found no matching overload for '_==_' applied to '(wrapper(uint), string)'");
  EXPECT_EQ(given("dyn(process_kprobe).nothing"), "no such field 'nothing'");
}

// What is in an event is no text of ours.
TEST(Message, TextsAreMadeValid) {
  static const auto kEnvironment = event_environment(true);
  tetragon::GetEventsResponse message;
  message.mutable_process_exec()->mutable_process()->set_arguments("a\xff b");
  const auto program = Program::compile(kEnvironment, "process_exec.process.arguments.reverse()");
  ASSERT_TRUE(program);
  const auto variables = event_variables(message);
  EXPECT_EQ(printed(*program->evaluate(variables)),
            "\"b \xef\xbf\xbd"
            "a\"");
}

}  // namespace
}  // namespace tripline::cel
