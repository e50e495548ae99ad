// SPDX-License-Identifier: Apache-2.0
#include "serve/expression.h"

#include <gtest/gtest.h>

#include "filter/stream.h"
#include "tetragon/events.pb.h"

namespace tripline {
namespace {

using Kind = Evaluated::Kind;

TEST(Expression, ValuesAndWhyThereIsNone) {
  EXPECT_EQ(evaluate_expression("1 + 1", {}).text, "2");
  EXPECT_EQ(evaluate_expression("'a'.upperAscii()", {}).text, "\"A\"");
  EXPECT_EQ(evaluate_expression("1 / 0", {}).kind, Kind::kFailed);
  EXPECT_EQ(evaluate_expression("1 +", {}).kind, Kind::kWrong);
  EXPECT_EQ(evaluate_expression("1 + 'a'", {}).text,
            "ERROR: <input>:1:3: found no matching overload for '_+_' applied to '(int, string)'\n"
            " | 1 + 'a'\n"
            " | ..^");
}

TEST(Expression, OverAnEvent) {
  const std::string json =
      R"({"process_exec": {"process": {"pid": 7, "binary": "/bin/true"}}, "node_name": "n"})";
  EXPECT_EQ(evaluate_expression("process_exec.process.pid", json).text, "7u");
  EXPECT_EQ(evaluate_expression("process_exec.process", json).text,
            "tetragon.Process{pid: 7u, binary: \"/bin/true\"}");
  EXPECT_EQ(evaluate_expression("process_exit.status", json).kind, Kind::kFailed);
  EXPECT_EQ(evaluate_expression("process_exit.status", {}).kind, Kind::kFailed);
  EXPECT_EQ(evaluate_expression("1", "no event").kind, Kind::kFailed);
}

size_t passing(const std::string& expression, bool denied = false) {
  tetragon::GetEventsRequest request;
  auto* filter = denied ? request.add_deny_list() : request.add_allow_list();
  filter->add_cel_expression(expression);
  FilterOptions options;
  options.compile_cel = cel_compiler({"node", ""});
  auto made = EventFilter::compile(request, options);
  EXPECT_TRUE(made) << made.error();
  size_t count = 0;
  for (const test::Step& step : test::recorded_steps())
    count += made && made->passes(test::event_of(step)) ? 1 : 0;
  return count;
}

TEST(Expression, FiltersEvents) {
  EXPECT_EQ(passing("process_exec.process.binary == '/bin/true'"), 1U);
  EXPECT_EQ(
      passing("process_exec.process.binary == '/bin/true' || process_exit.process.binary == '/bin/true'"),
      2U);
  EXPECT_EQ(passing("process_exec.process.binary == '/bin/true'", true), test::recorded_steps().size() - 1);
  EXPECT_EQ(passing("true"), 0U);
}

}  // namespace
}  // namespace tripline
