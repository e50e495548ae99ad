// SPDX-License-Identifier: Apache-2.0
// Expressions that are made to take long, or much, are refused or stopped; what one may reasonably write is not.
#include <gtest/gtest.h>

#include <string>

#include "cel/parse.h"
#include "cel/print.h"
#include "cel/program.h"

namespace tripline::cel {
namespace {

std::string repeated(const std::string& part, size_t count) {
  std::string out;
  for (size_t each = 0; each < count; ++each) out += part;
  return out;
}

std::string given(const std::string& text, Budget budget = {}) {
  const auto environment = std::make_shared<const Environment>("", std::vector<Declared>{}, true);
  const auto program = Program::compile(environment, text);
  if (!program) return program.error().at(0).message;
  const Outcome value = program->evaluate({}, budget);
  return value ? printed(*value) : value.error();
}

TEST(Limits, DepthIsBounded) {
  constexpr const char* kTooDeep = "Syntax error: the expression is nested too deeply";
  EXPECT_EQ(given(repeated("(", 100) + "1" + repeated(")", 100)), "1");
  EXPECT_EQ(given(repeated("(", 1000) + "1" + repeated(")", 1000)), kTooDeep);
  EXPECT_EQ(given("1" + repeated(" + 1", 300)), "301");
  EXPECT_EQ(given("1" + repeated(" + 1", 10'000)), kTooDeep);
  EXPECT_EQ(given(repeated("!", 10'000) + "true"), kTooDeep);
  EXPECT_EQ(given(repeated("[", 40'000)), kTooDeep);
  EXPECT_EQ(given(repeated("[1].map(x, ", 1000) + "1" + repeated(")", 1000)), kTooDeep);
  EXPECT_EQ(given(repeated("true ? 1 : ", 1000) + "1"), kTooDeep);
  EXPECT_EQ(given("true" + repeated(" && true", 10'000)), "true");
}

TEST(Limits, LengthIsBounded) {
  EXPECT_EQ(given("'" + repeated("x", kLongestText) + "'"),
            "Syntax error: the expression has more than 100000 bytes");
}

TEST(Limits, EvaluationIsBounded) {
  const std::string ten = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]";
  std::string nested = "true";
  for (int level = 0; level < 9; ++level)
    nested = ten + ".all(x" + std::to_string(level) + ", " + nested + ")";
  EXPECT_EQ(given(nested), "the expression takes too many steps");
  EXPECT_EQ(given(nested + " || true"), "the expression takes too many steps");
  EXPECT_EQ(given("['ab']" + repeated(".map(x, [x + x, x + x])[0].map(x, x + x)", 12)),
            "the expression takes too much memory");
  EXPECT_EQ(given("lists.range(100000000)"), "the expression takes too many steps");
  EXPECT_EQ(given("cel.bind(a, 'xxxxxxxxxxxxxxxxxxxxxxxx', a" + repeated(".replace('', a)", 5) + ")"),
            "the expression takes too many steps");
  EXPECT_EQ(given("'x'.matches('(((x{1000}){1000}){1000})')").substr(0, 26), "invalid regular expression");
  EXPECT_EQ(given("lists.range(1000).all(x, timestamp(x).getHours('Europe/Berlin') > 0)"), "true");
  EXPECT_EQ(given("lists.range(1000).all(x, timestamp(x).getHours('Europe/' + 'Berlin') > 0)"),
            "the expression takes too many steps");
}

// Types can double with each step.
TEST(Limits, TypesAreBounded) {
  std::string text = "size(x60)";
  for (int level = 60; level > 0; --level) {
    const std::string below = "x" + std::to_string(level - 1);
    text = "cel.bind(x" + std::to_string(level) + ", {'k': " + below + ", 'l': [" + below + "][0]}, " + text +
           ")";
  }
  EXPECT_EQ(given("cel.bind(x0, {'a': 1}, " + text + ")"), "2");
  text = "size(x60)";
  for (int level = 60; level > 0; --level) {
    const std::string below = "x" + std::to_string(level - 1);
    text = "cel.bind(x" + std::to_string(level) + ", {" + below + ": " + below + "}, " + text + ")";
  }
  EXPECT_EQ(given("cel.bind(x0, {1: 1}, " + text + ")"), "unsupported key type: map");
}

TEST(Limits, ABudgetCanBeSmall) {
  EXPECT_EQ(given("[1, 2, 3].map(x, x)", {.steps = 4}), "the expression takes too many steps");
  EXPECT_EQ(given("'abc' + 'def'", {.bytes = 5}), "the expression takes too much memory");
}

TEST(Limits, PlacesAreShown) {
  const auto environment = std::make_shared<const Environment>("tetragon", std::vector<Declared>{}, true);
  const std::string text = "'é' == 'e' &&\n  foo.bar == 1 || 1 + 'a' == 2";
  const auto program = Program::compile(environment, text);
  ASSERT_FALSE(program);
  EXPECT_EQ(to_text(program.error(), text),
            "ERROR: <input>:2:3: undeclared reference to 'foo' (in container 'tetragon')\n"
            " |   foo.bar == 1 || 1 + 'a' == 2\n"
            " | ..^\n"
            "ERROR: <input>:2:21: found no matching overload for '_+_' applied to '(int, string)'\n"
            " |   foo.bar == 1 || 1 + 'a' == 2\n"
            " | ....................^");
}

}  // namespace
}  // namespace tripline::cel
