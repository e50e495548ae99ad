// SPDX-License-Identifier: Apache-2.0
#include "config/daemon.h"

#include <gtest/gtest.h>

#include "flags/help.h"
#include "flags/parse.h"

namespace tripline::config {
namespace {

std::string answer(const flags::Command& command, const std::vector<std::string_view>& args) {
  const flags::Outcome outcome = flags::parse(command, args);
  const auto* refusal = std::get_if<flags::Refusal>(&outcome);
  return refusal ? flags::refusal_text(*refusal, true) : "";
}

TEST(Daemon, MistakesInFlagsShowTheUsage) {
  const std::string text = answer(tetragon_command(), {"--no-such-flag"});
  EXPECT_TRUE(
      text.starts_with("Error: unknown flag: --no-such-flag\nUsage:\n  tetragon [flags]\n\nFlags:\n"));
  EXPECT_TRUE(answer(tetragon_command(), {"--event-queue-size", "many"})
                  .starts_with("Error: invalid argument \"many\" for \"--event-queue-size\" flag: "
                               "strconv.ParseUint: parsing \"many\": invalid syntax\n"));
  EXPECT_TRUE(answer(tetragon_command(), {"--export-rate-limit", "many"})
                  .starts_with("Error: invalid argument \"many\" for \"--export-rate-limit\" flag: "
                               "strconv.ParseInt: parsing \"many\": invalid syntax\n"));
}

TEST(Daemon, OnlyTheAgentChecksItsConfiguration) {
  EXPECT_EQ(answer(agent_command(), {"--check-config"}), "");
  EXPECT_TRUE(
      answer(tetragon_command(), {"--check-config"}).starts_with("Error: unknown flag: --check-config\n"));
}

TEST(Daemon, HelpHidesProfiles) {
  const flags::Command* path[] = {&tetragon_command()};
  const std::string help = flags::help_text(path);
  EXPECT_FALSE(help.contains("cpuprofile"));
  EXPECT_TRUE(help.contains("  -d, --debug    "));
  EXPECT_TRUE(help.contains("(default 30s)"));
}

}  // namespace
}  // namespace tripline::config
