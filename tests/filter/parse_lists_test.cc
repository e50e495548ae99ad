// SPDX-License-Identifier: Apache-2.0
#include "filter/parse_lists.h"

#include <gtest/gtest.h>

#include "tetragon/events.pb.h"

namespace tripline {
namespace {

TEST(ParseLists, ReadsWhatWasRecorded) {
  tetragon::GetEventsRequest request;
  const auto parsed = parse_export_lists(
      {R"({"binary_regex":["/true$"]} {"eventSet":["PROCESS_EXIT"],"argumentsRegex":["^w1$"]})",
       "{\"event_set\":[\"PROCESS_EXEC\"]}\n{\"binary_regex\":[\"bash\"]}",
       R"({"event_set":["PROCESS_EXEC","PROCESS_EXIT"],"invert_event_set":true,)"
       R"("fields":"process.arguments, status","action":"EXCLUDE"})"},
      request);
  ASSERT_TRUE(parsed) << parsed.error();
  EXPECT_EQ(request.allow_list_size(), 2);
  EXPECT_EQ(request.deny_list_size(), 2);
  ASSERT_EQ(request.field_filters_size(), 1);
  EXPECT_EQ(request.field_filters(0).fields().paths(1), "status");
  EXPECT_EQ(request.field_filters(0).action(), tetragon::EXCLUDE);
  EXPECT_TRUE(request.field_filters(0).invert_event_set().value());
}

TEST(ParseLists, SaysWhichListIsWrong) {
  tetragon::GetEventsRequest request;
  EXPECT_EQ(parse_export_lists({"[]", {}, {}}, request).error(),
            "failed to parse export allowlist: proto:\u00a0syntax error (line 1:1): unexpected token [");
  EXPECT_TRUE(
      parse_export_lists({{}, "{", {}}, request).error().starts_with("failed to parse export denylist: "));
  EXPECT_TRUE(parse_export_lists({{}, {}, R"({"field":""})"}, request)
                  .error()
                  .starts_with("failed to parse field filters: "));
}

TEST(ParseLists, SaysWhyAnExportCannotStart) {
  EXPECT_EQ(
      compile_export_lists({R"({"binary_regex":["["]})", {}, {}}, {}).error(),
      "error starting JSON exporter: failed to compile regexp: error parsing regexp: missing closing ]: `[`");
  EXPECT_TRUE(compile_export_lists({"{", {}, {}}, {})
                  .error()
                  .starts_with("failed to fetch json exporter: failed to"));
  const auto nothing = compile_export_lists({}, {});
  ASSERT_TRUE(nothing);
  EXPECT_TRUE(nothing->events.empty());
  EXPECT_TRUE(nothing->fields.empty());
}

TEST(ParseLists, ReadsRedactions) {
  const auto rules = parse_redaction_list(
      R"x({"redact":["a","b"]} {"match":[{"binary_regex":["x"]}],"binaryRegex":["y"],"redact":["(c)"]})x");
  ASSERT_TRUE(rules) << rules.error();
  ASSERT_EQ(rules->size(), 2U);
  EXPECT_EQ((*rules)[0].redact.size(), 2U);
  EXPECT_EQ((*rules)[1].binary_regex, std::vector<std::string>{"y"});
  EXPECT_EQ(
      parse_redaction_list(R"({"match":["x"]})").error(),
      "failed to parse redaction filter list: proto:\u00a0syntax error (line 1:11): unexpected token \"x\"");
}

}  // namespace
}  // namespace tripline
