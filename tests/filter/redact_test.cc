// SPDX-License-Identifier: Apache-2.0
#include "filter/redact.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

using namespace std::string_literals;

std::string redacted(const std::vector<RedactionRule>& rules, std::string arguments,
                     std::string_view binary = "/bin/x") {
  const auto redactor = Redactor::compile(rules);
  EXPECT_TRUE(redactor);
  std::string environment;
  redactor->redact(binary, arguments, environment);
  return arguments;
}

TEST(Redactor, HidesWhatWasRecorded) {
  const auto redactor = Redactor::compile({{{}, {"--passwd[= ](\\S+)", "(tok)(en)"}},
                                           {{"/echo$"}, {"(secret(ive)?)", "(?i)(KEY=\\w+)", "nogroup"}},
                                           {{"nosuch"}, {"(public)"}}});
  ASSERT_TRUE(redactor);
  std::string arguments = "--passwd=hunter2 secretive nogroup public token key=1";
  std::string environment = "MYKEY=abc\0TOKEN=token9\0"s;
  redactor->redact("/bin/echo", arguments, environment);
  EXPECT_EQ(arguments, "--passwd=***** ***** nogroup public ********** *****");
  EXPECT_EQ(environment, "MY*****\0TOKEN=**********9\0"s);
  arguments = "--passwd hunter2 secretive \"--passwd two words\" key=1";
  environment = "TOKEN=token9\0X"s;
  redactor->redact("/bin/true", arguments, environment);
  EXPECT_EQ(arguments, "--passwd ***** secretive \"--passwd ***** words\" key=1");
  EXPECT_EQ(environment, "TOKEN=**********9\0X\0"s);
}

TEST(Redactor, HidesGroups) {
  EXPECT_EQ(redacted({{{}, {"a(b)c(d)?e"}}}, "abcde abce"), "a*****c*****e a*****ce");
  EXPECT_EQ(redacted({{{}, {"secret"}}}, "secret"), "secret") << "no group, nothing to hide";
  EXPECT_EQ(redacted({{{}, {"(a(b)c)"}}}, "xabcx"), "x*****x") << "once, inside one another";
  EXPECT_EQ(redacted({{{}, {"=(\\w*)"}}}, "p= q=1"), "p=***** q=*****");
  EXPECT_EQ(redacted({{{}, {"(a)"}}, {{}, {"(\\*+b)"}}}, "ab"), "*****") << "one after the other";
  EXPECT_EQ(redacted({{{}, {"^(a)"}}}, "aaa"), "*****aa") << "the start is the text's";
  EXPECT_EQ(redacted({{{}, {"(ä*)"}}}, "öä"), "*****ö*****") << "whole characters";
  EXPECT_EQ(redacted({}, "a"), "a");
  EXPECT_EQ(redacted({{{}, {"(a)"}}}, ""), "");
}

TEST(Redactor, HidesAllOfWhatTakesTooMuchWork) {
  const std::string text(128 << 10, 'a');
  EXPECT_EQ(redacted({{{}, {"(a)"}}}, text), "*****");
  EXPECT_EQ(redacted({{{}, {"(b)"}}}, text), text);
  EXPECT_EQ(redacted({{{}, {"(x*)"}}}, text), "*****");
}

TEST(Redactor, RefusesWhatIsNoExpression) {
  EXPECT_FALSE(Redactor::compile({{{"["}, {"(a)"}}}));
  EXPECT_FALSE(Redactor::compile({{{}, {"("}}}));
  EXPECT_TRUE(Redactor::compile({{{}, {"a"}}})->empty());
}

}  // namespace
}  // namespace tripline
