// SPDX-License-Identifier: Apache-2.0
#include "filter/event_expression.h"

#include <gtest/gtest.h>

#include "tetragon/events.pb.h"

namespace tripline {
namespace {

tetragon::GetEventsResponse exec(const std::string& binary) {
  tetragon::GetEventsResponse out;
  out.mutable_process_exec()->mutable_process()->set_binary(binary);
  return out;
}

std::expected<EventExpression, std::string> compiled(std::string_view text) {
  return EventExpression::compile(event_environment(false), text);
}

bool holds(std::string_view text, const tetragon::GetEventsResponse& message) {
  const auto expression = compiled(text);
  EXPECT_TRUE(expression) << expression.error();
  return expression && expression->holds(message);
}

std::string complaint(std::string_view text) {
  const auto expression = compiled(text);
  return expression ? "" : expression.error();
}

TEST(EventExpression, AsksTheEvent) {
  EXPECT_TRUE(holds("process_exec.process.binary == '/bin/true'", exec("/bin/true")));
  EXPECT_FALSE(holds("process_exec.process.binary == '/bin/true'", exec("/bin/false")));
  EXPECT_TRUE(holds("process_exec.process.binary.matches('^/bin/')", exec("/bin/true")));
  EXPECT_TRUE(holds("cidr('10.0.0.0/8').containsIP(ip('10.1.2.3')) && process_exec.process.binary == 'x'",
                    exec("x")));
}

TEST(EventExpression, KnowsWhichEventsItIsAbout) {
  const auto expression = compiled("process_exit.status == 1u || process_kprobe.policy_name == 'seeks'");
  ASSERT_TRUE(expression);
  EXPECT_TRUE(expression->names(tetragon::PROCESS_EXIT));
  EXPECT_TRUE(expression->names(tetragon::PROCESS_KPROBE));
  EXPECT_FALSE(expression->names(tetragon::PROCESS_EXEC));
  EXPECT_FALSE(compiled("true")->names(tetragon::PROCESS_EXEC));
}

// The other event's variable has no value: that is an error, which || passes over.
TEST(EventExpression, AnErrorDoesNotHold) {
  EXPECT_FALSE(holds("process_exit.status == 1u", exec("x")));
  EXPECT_TRUE(holds("process_exit.status == 1u || process_exec.process.binary == 'x'", exec("x")));
  EXPECT_FALSE(holds("process_exec.process.pid / 0u == 1u", exec("x")));
  EXPECT_FALSE(holds("process_exec.process.binary.matches(process_exec.process.binary)", exec("(")));
}

// As clients of Tetragon read them.
TEST(EventExpression, Complaints) {
  EXPECT_EQ(complaint("process_exec.process.binary"),
            "error compiling CEL expression: got \"string\", wanted \"bool\" result type");
  EXPECT_EQ(
      complaint("nosuch.x == 1"),
      "error compiling CEL expression: ERROR: <input>:1:1: undeclared reference to 'nosuch' (in container "
      "'tetragon')\n"
      " | nosuch.x == 1\n"
      " | ^");
  EXPECT_EQ(
      complaint("process_exec.process.arguments.split(' ')[5] == 'x'"),
      "error compiling CEL expression: ERROR: <input>:1:37: undeclared reference to 'split' (in container "
      "'tetragon')\n"
      " | process_exec.process.arguments.split(' ')[5] == 'x'\n"
      " | ....................................^");
}

TEST(EventExpression, LengthIsBounded) {
  EXPECT_EQ(complaint(std::string(EventExpression::kLongest + 1, ' ')),
            "error compiling CEL expression: it has more than 16384 bytes");
}

// What is made to take long ends, and does not match.
TEST(EventExpression, IsBounded) {
  std::string text = "process_exec.process.binary == 'x'";
  for (const char* name : {"a", "b", "c", "d", "e", "f"})
    text = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].all(" + std::string(name) + ", " + text + ")";
  EXPECT_FALSE(holds(text, exec("x")));
  EXPECT_FALSE(holds(text + " || true", exec("x")));
}

}  // namespace
}  // namespace tripline
