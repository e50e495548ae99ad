// SPDX-License-Identifier: Apache-2.0
#include "flags/parse.h"

#include <gtest/gtest.h>

#include "flags/help.h"
#include "flags/program.h"

namespace tripline::flags {
namespace {

using Words = std::vector<std::string_view>;

Outcome outcome(const Words& args) { return parse(kProgram, args); }
Parsed read(const Words& args) {
  Outcome result = outcome(args);
  if (auto* parsed = std::get_if<Parsed>(&result)) return std::move(*parsed);
  ADD_FAILURE() << (std::holds_alternative<Refusal>(result) ? std::get<Refusal>(result).message : "help");
  return {};
}
std::string refused(const Words& args) {
  const Outcome result = outcome(args);
  const auto* refusal = std::get_if<Refusal>(&result);
  return refusal ? refusal->message : "not refused";
}

TEST(Parse, FlagsInAllForms) {
  const Parsed all = read({"-d", "policy", "--timeout=5s", "add", "-menforce", "--label", "a,b", "-l=c",
                           "f.yaml", "-qc3", "--output", "json"});
  EXPECT_EQ(all.name(), "policy add");
  EXPECT_TRUE(all.is("debug"));
  EXPECT_TRUE(all.is("quick"));
  EXPECT_EQ(all.duration("timeout"), std::chrono::seconds(5));
  EXPECT_EQ(all.text("mode"), "enforce");
  EXPECT_EQ(all.list("label"), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(all.number("count"), 3);
  EXPECT_EQ(all.text("output"), "json");
  EXPECT_EQ(all.words, std::vector<std::string>{"f.yaml"});
  EXPECT_TRUE(all.given("mode"));
  EXPECT_FALSE(all.given("server"));
}

TEST(Parse, DefaultsHoldUntilAFlagIsGiven) {
  const Parsed none = read({"po", "add", "f"});
  EXPECT_EQ(none.name(), "policy add");
  EXPECT_EQ(none.list("label"), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(none.duration("timeout"), std::chrono::seconds(30));
  EXPECT_EQ(none.number("count"), 2);
  EXPECT_EQ(read({"policy", "add", "f", "--labels", "z"}).list("label"), std::vector<std::string>{"z"});
  EXPECT_FALSE(read({"policy", "add", "f", "--quick=false"}).is("quick"));
  EXPECT_TRUE(read({"policy", "add", "f", "--quick=false"}).given("quick"));
}

TEST(Parse, WordsBehindTwoDashesAreNoFlags) {
  EXPECT_EQ(read({"status", "--", "-x", "--", "y"}).words, (std::vector<std::string>{"-x", "--", "y"}));
  EXPECT_EQ(read({"status", "-"}).words, std::vector<std::string>{"-"});
  EXPECT_EQ(read({"--server", "policy", "status"}).name(), "status");
}

TEST(Parse, WhatIsWrongWithAFlag) {
  EXPECT_EQ(refused({"status", "--nosuch"}), "unknown flag: --nosuch");
  // The word behind it could be its value.
  EXPECT_EQ(refused({"--nosuch", "status"}), "unknown flag: --nosuch");
  EXPECT_EQ(refused({"status", "-dx"}), "unknown shorthand flag: 'x' in -dx");
  EXPECT_EQ(refused({"status", "--timeout"}), "flag needs an argument: --timeout");
  EXPECT_EQ(refused({"policy", "add", "f", "-qm"}), "flag needs an argument: 'm' in -qm");
  EXPECT_EQ(refused({"status", "---x"}), "bad flag syntax: ---x");
  EXPECT_EQ(refused({"status", "--=x"}), "bad flag syntax: --=x");
  EXPECT_EQ(refused({"status", "--timeout", "x"}),
            R"(invalid argument "x" for "--timeout" flag: time: invalid duration "x")");
  EXPECT_EQ(
      refused({"policy", "add", "f", "-oxml"}),
      R"(invalid argument "xml" for "-o, --output" flag: invalid argument xml, please provide one of (text, json))");
  EXPECT_EQ(refused({"status", "--debug=2"}),
            R"(invalid argument "2" for "-d, --debug" flag: strconv.ParseBool: parsing "2": invalid syntax)");
  EXPECT_EQ(refused({"policy", "make"}), R"(required flag(s) "binary" not set)");
}

TEST(Parse, WhatIsWrongWithTheWords) {
  EXPECT_EQ(refused({"nosuch"}), R"(unknown command "nosuch" for "prog")");
  EXPECT_EQ(refused({"stats"}), "unknown command \"stats\" for \"prog\"\n\nDid you mean this?\n\tstatus\n");
  EXPECT_EQ(refused({"policy", "add"}), "accepts 1 arg(s), received 0");
  EXPECT_EQ(refused({"policy", "list", "x"}), R"(unknown command "x" for "prog policy list")");
  EXPECT_EQ(refused({"level"}), "usage: prog level <word>");
  EXPECT_EQ(read({"status", "extra"}).words, std::vector<std::string>{"extra"});
}

TEST(Parse, OnlyAnUnknownCommandOfTheRootNamesTheHelp) {
  EXPECT_EQ(refusal_text(std::get<Refusal>(outcome({"nosuch"})), false),
            "Error: unknown command \"nosuch\" for \"prog\"\nRun 'prog --help' for usage.\n");
  EXPECT_EQ(refusal_text(std::get<Refusal>(outcome({"policy", "add"})), false),
            "Error: accepts 1 arg(s), received 0\n");
}

TEST(Parse, HelpIsWantedByTheFlagAndByCommandsThatDoNothing) {
  const auto wanted = [](const Words& args) {
    const Outcome result = outcome(args);
    const auto* help = std::get_if<HelpWanted>(&result);
    return help ? path_text(help->path) : "no help";
  };
  EXPECT_EQ(wanted({}), "prog");
  EXPECT_EQ(wanted({"policy"}), "prog policy");
  EXPECT_EQ(wanted({"policy", "nosuch"}), "prog policy");
  EXPECT_EQ(wanted({"policy", "add", "-h"}), "prog policy add");
  EXPECT_EQ(wanted({"status", "--help=false"}), "no help");
  EXPECT_EQ(wanted({"completion", "nosuch"}), "prog completion");
}

TEST(Parse, ADeprecatedFlagIsNoted) {
  EXPECT_EQ(read({"policy", "add", "f", "--old", "1"}).notes,
            std::vector<std::string>{"Flag --old has been deprecated, use --mode"});
}

}  // namespace
}  // namespace tripline::flags
