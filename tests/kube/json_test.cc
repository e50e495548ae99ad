// SPDX-License-Identifier: Apache-2.0
#include "kube/json.h"

#include <gtest/gtest.h>

namespace tripline::kube {
namespace {

using Names = std::vector<std::string_view>;

TEST(Json, KeepsWhatIsWantedAndNothingElse) {
  const auto read = read_json(
      R"({"kind":"Pod","metadata":{"name":"a","managedFields":[{"x":{"y":[1,{"z":2}]}}],"labels":{"a.b/c":"d"}},
          "spec":{"containers":[{"name":"c1","env":[{"name":"E"}]},{"name":"c2"}],"volumes":[[],[{}]]}})",
      Names{"metadata.name", "metadata.labels", "spec.containers.name"});
  ASSERT_TRUE(read);
  EXPECT_EQ(json_text(*read), R"({
 "metadata": {
  "name": "a",
  "labels": {
   "a.b/c": "d"
  }
 },
 "spec": {
  "containers": [
   {
    "name": "c1"
   },
   {
    "name": "c2"
   }
  ]
 }
})");
}

TEST(Json, KeepsEverythingWhenNothingIsNamed) {
  const std::string text = "[\n 1.50,\n -7,\n 18446744073709551616,\n true,\n null,\n \"\\u0001\\\"\\\\\"\n]";
  const auto read = read_json(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(json_text(*read), text);
}

// A name that only begins like a wanted one is another.
TEST(Json, ComparesWholeNames) {
  const auto read = read_json(R"({"specs":1,"spec":{"a":1,"ab":2},"spe":3})", Names{"spec.a"});
  ASSERT_TRUE(read);
  ASSERT_EQ(read->members.size(), 1U);
  ASSERT_EQ(read->at("spec").members.size(), 1U);
  EXPECT_EQ(read->at("spec").at("a").integer(), 1);
}

TEST(Json, MissingAndNullAreTheSame) {
  const auto read = read_json(R"({"a":null,"b":"text"})");
  ASSERT_TRUE(read);
  for (const char* name : {"a", "b", "c"}) {
    EXPECT_TRUE(read->at(name).at("x").at("y").items.empty()) << name;
    EXPECT_EQ(read->at(name).at("x").kind, Json::Kind::kNull) << name;
    EXPECT_FALSE(read->at(name).integer()) << name;
    EXPECT_FALSE(read->at(name).is_true()) << name;
  }
}

TEST(Json, RefusesWhatIsNone) {
  for (const char* text :
       {"", "{", "{\"a\":1", "[1,]", "{\"a\" 1}", "\xff", "\"\xff\"", "404 page not found", "{} {}"})
    EXPECT_FALSE(read_json(text)) << text;
  using std::string_view_literals::operator""sv;
  for (const std::string_view text : {"1\0"sv, "{}\0{}"sv, "\"a\0\""sv}) EXPECT_FALSE(read_json(text));
}

TEST(Json, RefusesDeepNesting) {
  const auto nested = [](size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  EXPECT_TRUE(read_json(nested(kDeepest)));
  EXPECT_FALSE(read_json(nested(kDeepest + 1)));
  EXPECT_TRUE(read_json("{\"x\":" + nested(900) + "}", Names{"a"}));
  EXPECT_FALSE(read_json("{\"x\":" + nested(100'000) + "}", Names{"a"}));
}

TEST(Json, Quotes) { EXPECT_EQ(json_quoted("a\"b\n"), "\"a\\\"b\\n\""); }

}  // namespace
}  // namespace tripline::kube
