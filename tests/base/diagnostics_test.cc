// SPDX-License-Identifier: Apache-2.0
#include "base/diagnostics.h"

#include <gtest/gtest.h>

#include <array>

namespace tripline {
namespace {

constexpr auto kOperators = std::to_array<std::string_view>(
    {"Equal", "NotEqual", "Prefix", "NotPrefix", "Postfix", "In", "NotIn", "InMap", "SAddr", "DAddr"});

std::string shown(std::string text, Span span) {
  return render({"p.yaml", std::move(text)}, {Severity::kError, span, "wrong", "", ""});
}

TEST(Diagnostics, RendersPlaceLineUnderlineExpectedAndHint) {
  const Source source{"p.yaml", "a: 1\n  operator: Equals\n"};
  const Diagnostic diagnostic{
      Severity::kError, {2, 13, 6}, "unknown operator \"Equals\"", "one of these", "did you mean \"Equal\"?"};
  EXPECT_EQ(render(source, diagnostic),
            "p.yaml:2:13: error: unknown operator \"Equals\"\n"
            "      operator: Equals\n"
            "                ~~~~~~\n"
            "expected: one of these\n"
            "hint: did you mean \"Equal\"?\n");
}

TEST(Diagnostics, RendersWithoutAPlace) {
  const Source source{"p.yaml", "a\n"};
  EXPECT_EQ(render(source, {Severity::kWarning, {}, "odd", "", ""}), "p.yaml: warning: odd\n");
}

TEST(Diagnostics, PlacesOutsideTheTextAreHarmless) {
  EXPECT_EQ(shown("ab\n", {1, 90, 5}), "p.yaml:1:90: error: wrong\n    ab\n      ~\n");
  EXPECT_EQ(shown("ab\n", {9, 1, 1}), "p.yaml:9:1: error: wrong\n    \n    ~\n");
  EXPECT_EQ(shown("ab\n", {1, 2, 900}), "p.yaml:1:2: error: wrong\n    ab\n     ~\n");
  EXPECT_EQ(shown("ab\n", {1, 1, -3}), "p.yaml:1:1: error: wrong\n    ab\n    ~\n");
}

TEST(Diagnostics, TabsControlsAndWideCharactersKeepTheUnderlineInPlace) {
  EXPECT_EQ(shown("\tx\x01: y\n", {1, 6, 1}), "p.yaml:1:6: error: wrong\n     x?: y\n         ~\n");
  EXPECT_EQ(shown("\xe6\xbc\xa2\xc3\xa9: y\n", {1, 8, 1}),
            "p.yaml:1:8: error: wrong\n    \xe6\xbc\xa2\xc3\xa9: y\n"
            "         ~\n");
  EXPECT_EQ(shown("\xff\x1b[2J: y\n", {1, 8, 1}), "p.yaml:1:8: error: wrong\n    ??[2J: y\n           ~\n");
}

TEST(Diagnostics, LongLinesAreCutAroundTheSpan) {
  const std::string text = std::string(5000, 'a') + "HERE" + std::string(5000, 'b');
  const std::string out = shown(text, {1, 5001, 4});
  EXPECT_LT(out.size(), 300U);
  const size_t line = out.find("    ...");
  const size_t below = out.find('\n', line) + 1;
  EXPECT_EQ(out.find("HERE") - line, out.find("~~~~") - below);
  EXPECT_LT(shown(text, {1, 1, 9000}).size(), 300U);
  EXPECT_LT(shown(text, {1, 10004, 1}).size(), 300U);
}

TEST(Diagnostics, SortsByPlaceAndDropsRepetitions) {
  Diagnostics diagnostics;
  diagnostics.error({3, 1, 1}, "c");
  diagnostics.error({1, 5, 1}, "b");
  diagnostics.warning({1, 5, 1}, "b2");
  diagnostics.error({}, "a");
  diagnostics.error({3, 1, 1}, "c");
  diagnostics.sort();
  std::string order;
  for (const Diagnostic& each : diagnostics.all()) order += each.message + " ";
  EXPECT_EQ(order, "a b b2 c ");
  EXPECT_TRUE(diagnostics.has_errors());
}

TEST(Diagnostics, KeepsOnlySoMany) {
  Diagnostics diagnostics;
  for (int line = 1; line <= 100'000; ++line) diagnostics.error({line, 1, 1}, "x");
  EXPECT_EQ(diagnostics.all().size(), Diagnostics::kKept);
  EXPECT_EQ(diagnostics.dropped(), 100'000 - Diagnostics::kKept);
  EXPECT_EQ(diagnostics.errors(), 100'000U);
}

TEST(Diagnostics, QuotedIsFitForATerminal) {
  EXPECT_EQ(quoted("a\"b\\c\n\t\x1b[0m"), R"("a\"b\\c\n\t\x1b[0m")");
  EXPECT_EQ(quoted("\xff\xc2\x85"), R"("\xff\xc2\x85")");
  EXPECT_EQ(quoted("what?"), "\"what?\"");
  EXPECT_EQ(quoted("caf\xc3\xa9"), "\"caf\xc3\xa9\"");
  EXPECT_LT(tripline::quoted(std::string(1'000'000, 'x')).size(), 100U);
}

TEST(Diagnostics, NearestFindsWhatWasMeant) {
  EXPECT_EQ(nearest("Equals", kOperators), "Equal");
  EXPECT_EQ(nearest("equal", kOperators), "Equal");
  EXPECT_EQ(nearest("NotEqaul", kOperators), "NotEqual");
  EXPECT_EQ(nearest("Perfix", kOperators), "Prefix");
  EXPECT_EQ(nearest("notin", kOperators), "NotIn");
  EXPECT_EQ(nearest("Saddr", kOperators), "SAddr");
}

TEST(Diagnostics, NearestKeepsQuietWhenNothingIsNear) {
  EXPECT_EQ(nearest("colour", kOperators), "");
  EXPECT_EQ(nearest("", kOperators), "");
  EXPECT_EQ(nearest("x", kOperators), "");
  EXPECT_EQ(nearest("xy", kOperators), "");
  EXPECT_EQ(nearest(std::string(100'000, 'E'), kOperators), "");
  EXPECT_EQ(did_you_mean("colour", kOperators), "");
  EXPECT_EQ(did_you_mean("Equals", kOperators), "did you mean \"Equal\"?");
}

}  // namespace
}  // namespace tripline
