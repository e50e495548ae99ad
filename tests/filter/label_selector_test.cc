// SPDX-License-Identifier: Apache-2.0
#include "filter/label_selector.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

TEST(LabelSelector, Matches) {
  const LabelViews labels = {{"app", "web"}, {"tier", "3"}, {"example.org/part", ""}, {"in", "notin"}};
  for (const char* text : {"", "app", "app=web", "app==web", "app = web , tier", "app in (db, web)", "!old",
                           "app!=db", "old!=x", "app notin (db,mail)", "old notin (a)", "tier>2", "tier<4",
                           "example.org/part=", "example.org/part in (,x)", "example.org/part", "in=notin",
                           "in in (in, notin)", "example.org/part in ()"}) {
    const auto selector = LabelSelector::parse(text);
    ASSERT_TRUE(selector) << text << ": " << selector.error();
    EXPECT_TRUE(selector->matches(labels)) << text;
  }
  for (const char* text : {"old", "app=db", "!app", "app in (db)", "app notin (web)", "app!=web", "tier>3",
                           "tier<3", "app>1", "old>1", "app=web,old", "app="}) {
    const auto selector = LabelSelector::parse(text);
    ASSERT_TRUE(selector) << text << ": " << selector.error();
    EXPECT_FALSE(selector->matches(labels)) << text;
  }
}

TEST(LabelSelector, Refuses) {
  const std::pair<const char*, const char*> cases[] = {
      {"==", "found '==', expected: !, identifier, or 'end of string'"},
      {",a", "found ',', expected: !, identifier, or 'end of string'"},
      {"a,", "found '', expected: identifier after ','"},
      {"a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"},
      {"a=b c", "found 'c', expected: ',' or 'end of string'"},
      {"!", "unable to parse requirement: found '', expected: identifier"},
      {"a in b", "unable to parse requirement: found 'b' expected: '('"},
      {"a in (b", "unable to parse requirement: found '', expected: ',' or ')'"},
      {"a in (b c)", "unable to parse requirement: found 'c', expected: ',' or ')'"},
      {"a=(", "unable to parse requirement: found '(', expected: identifier"},
      {"a>x",
       "unable to parse requirement: values[0][a]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value "
       "must "
       "be an integer"},
      {"/a", "unable to parse requirement: key: Invalid value: \"/a\": prefix part must be non-empty"},
      {"a/", "unable to parse requirement: key: Invalid value: \"a/\": name part must be non-empty"},
      {"a/b/c",
       "unable to parse requirement: key: Invalid value: \"a/b/c\": a qualified name has at most one '/'"},
      {"-a",
       "unable to parse requirement: key: Invalid value: \"-a\": name part must consist of alphanumeric "
       "characters, "
       "'-', '_' or '.', and must start and end with an alphanumeric character"},
  };
  for (const auto& [text, expected] : cases) {
    const auto selector = LabelSelector::parse(text);
    ASSERT_FALSE(selector) << text;
    EXPECT_EQ(selector.error(), expected) << text;
  }
}

}  // namespace
}  // namespace tripline
