// SPDX-License-Identifier: Apache-2.0
#include "pods/probe.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

using Words = std::vector<std::string>;

bool is(const Words& probe, std::string_view binary, std::string_view arguments) {
  return may_be_probe(std::vector{Words{"/never"}, probe}, binary, arguments);
}

TEST(Probe, TheCommandOfACheck) {
  EXPECT_TRUE(is({"/bin/check", "-v"}, "/bin/check", "-v"));
  EXPECT_FALSE(is({"/bin/check", "-v"}, "/usr/bin/check", "-v"));
  EXPECT_TRUE(is({"check", "-v"}, "/usr/bin/check", "-v"));
  EXPECT_FALSE(is({"check", "-v"}, "/usr/bin/check", ""));
  EXPECT_FALSE(is({"check"}, "/usr/bin/check", "-v"));
  EXPECT_FALSE(is({}, "/usr/bin/check", ""));
  EXPECT_FALSE(may_be_probe({}, "/usr/bin/check", ""));
}

TEST(Probe, ArgumentsWithBlanks) {
  EXPECT_TRUE(is({"sh", "-c", "test -f /ready"}, "/bin/sh", "-c \"test -f /ready\""));
  EXPECT_FALSE(is({"sh", "-c", "test", "-f"}, "/bin/sh", "-c \"test -f\""));
}

TEST(Probe, AScriptIsItsOwnFirstArgument) {
  EXPECT_TRUE(is({"/check.sh", "now"}, "/check.sh", "/check.sh now"));
  EXPECT_FALSE(is({"/other.sh", "now"}, "/check.sh", "/check.sh now"));
}

TEST(Probe, SplitsAsAShellDoes) {
  EXPECT_EQ(split_arguments(" a  b "), (Words{"a", "b"}));
  EXPECT_EQ(split_arguments(R"(a"b c"d '' 'e "f')"), (Words{"ab cd", "", "e \"f"}));
  EXPECT_EQ(split_arguments(R"(a\ b "c\"d" 'e\f' g\)"), (Words{"a b", "c\"d", "e\\f", "g\\"}));
  EXPECT_EQ(split_arguments("\"never ends"), (Words{"never ends"}));
  EXPECT_EQ(split_arguments(""), Words{});
}

}  // namespace
}  // namespace tripline
