// SPDX-License-Identifier: Apache-2.0
// The whole command line of `tripline`, as one table.
#include "main/program.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "flags/complete.h"
#include "flags/help.h"
#include "flags/man.h"
#include "flags/parse.h"

namespace tripline {
namespace {

using Words = std::vector<std::string_view>;

flags::Parsed parsed(const Words& args) {
  flags::Outcome outcome = flags::parse(program(), args);
  EXPECT_TRUE(std::holds_alternative<flags::Parsed>(outcome));
  return std::get<flags::Parsed>(std::move(outcome));
}

TEST(Program, OwnCommandsHaveTheirFlags) {
  for (const std::string_view name : {"agent", "check", "compile", "run"}) {
    const Words words{name};
    EXPECT_FALSE(flags::find_command(program(), words).path.back()->flags.empty()) << name;
  }
  const Words kernel{"kernel", "dump"};
  EXPECT_EQ(flags::find_command(program(), kernel).path.back()->name(), "dump");
}

TEST(Program, RunKeepsWhatIsBehindTheDashes) {
  const flags::Parsed run =
      parsed({"run", "-p", "a,b.yaml", "--policy=c.yaml", "-o", "compact", "--", "cat", "-n", "/x"});
  EXPECT_EQ(run.list("policy"), (std::vector<std::string>{"a,b.yaml", "c.yaml"}));
  EXPECT_EQ(run.text("output"), "compact");
  EXPECT_EQ(run.words, (std::vector<std::string>{"cat", "-n", "/x"}));
}

TEST(Program, Refusals) {
  const auto refused = [](const Words& args) {
    const flags::Outcome outcome = flags::parse(program(), args);
    const auto* refusal = std::get_if<flags::Refusal>(&outcome);
    return refusal != nullptr ? refusal->message : "not refused";
  };
  EXPECT_EQ(refused({"check"}), "requires at least 1 arg(s), only received 0");
  EXPECT_EQ(refused({"run", "-p", "x"}), "requires at least 1 arg(s), only received 0");
  EXPECT_EQ(refused({"compile", "x"}), "required flag(s) \"output\" not set");
  EXPECT_EQ(refused({"check", "-o", "xml", "x"}),
            "invalid argument \"xml\" for \"-o, --output\" flag: invalid argument xml, please provide one of "
            "(text, "
            "json)");
  EXPECT_TRUE(refused({"bogus"}).starts_with("unknown command \"bogus\" for \"tripline\""));
}

// Help, completion and manual pages know the same flags.
TEST(Program, OneTableForAll) {
  const flags::Found run = flags::find_command(program(), Words{"run"});
  EXPECT_TRUE(flags::help_text(run.path).contains("--enable-ancestors"));
  const Words line{"run", "--enable-anc"};
  EXPECT_TRUE(flags::complete(program(), line, false).contains("--enable-ancestors"));
  const auto pages = flags::manual_pages(program(), "1", "v0");
  const auto page = std::ranges::find(pages, "tripline-run.1", &flags::ManualPage::name);
  ASSERT_NE(page, pages.end());
  EXPECT_TRUE(page->text.contains("\\-\\-enable\\-ancestors"));
  EXPECT_TRUE(std::ranges::find(pages, "tripline-agent.1", &flags::ManualPage::name) != (pages).end());
  EXPECT_TRUE(std::ranges::find(pages, "tripline-top.1", &flags::ManualPage::name) != (pages).end());
}

}  // namespace
}  // namespace tripline
