// SPDX-License-Identifier: Apache-2.0
#include "filter/parse_lists.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

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

// A megabyte of filters is read in a moment, and is refused where it asks for too much.
TEST(ParseLists, AMegabyteOfText) {
  const auto repeated = [](std::string_view part) {
    std::string out;
    while (out.size() < 1 << 20) out += part;
    return out;
  };
  const auto begun = std::chrono::steady_clock::now();
  const auto error = [](const std::string& text) {
    const auto compiled = compile_export_lists({text, {}, {}}, {});
    return compiled ? "" : compiled.error().substr(0, 120);
  };
  const std::string many = repeated(R"({"pid":[1234567890,1234567891,1234567892,1234567893]})");
  EXPECT_EQ(error(many), "");
  EXPECT_TRUE(error(repeated("{}")).contains("too many values in filters: 524288"));
  EXPECT_TRUE(error(repeated(R"({"binary_regex":["x"]})")).contains("too many expressions in filters"));
  EXPECT_TRUE(error("{\"binary_regex\":[\"" + repeated("(a|b)*") + "\"]}").contains("expression too large"));
  EXPECT_TRUE(error("{\"binary_regex\":[\"" + repeated("(") + "\"]}").contains("failed to compile regexp"));
  EXPECT_EQ(error("{\"policy_names\":[\"" + repeated("x") + "\"]}"), "");
  EXPECT_EQ(error(repeated(" \n")), "");
  EXPECT_TRUE(error(repeated("{\"capabilities\":")).contains("failed to parse export allowlist"));
  EXPECT_TRUE(error("{\"" + repeated("binary_regex") + "\":1}").contains("unknown field"));
  EXPECT_LT(error("{\"" + repeated("x") + "\":1}").size(), 200U);
  EXPECT_TRUE(error("{\"labels\":[\"" + repeated("a in (b),") + "\"]}").contains("expected"));
  FilterOptions options;
  const auto fields = [&](std::string_view path) {
    return compile_export_lists({{}, {}, "{\"fields\":\"" + repeated(path) + "\"}"}, options);
  };
  EXPECT_TRUE(fields("process.pod.container.image.id,process.binary,"));
  const auto unknown = fields("process.nosuch.and_so_on,");
  ASSERT_TRUE(unknown);
  EXPECT_EQ(unknown->fields.unknown().size(), FieldFilters::kMostUnknown);
  EXPECT_TRUE(fields("a.b,").error().contains("too many values in filters: 262"));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(30));
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
