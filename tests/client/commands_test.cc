// SPDX-License-Identifier: Apache-2.0
#include "client/commands.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "flags/complete.h"
#include "flags/help.h"
#include "flags/parse.h"

namespace tripline {
namespace {

using Words = std::vector<std::string_view>;

std::string refused(const Words& args) {
  const flags::Outcome result = flags::parse(tetra_command(), args);
  const auto* refusal = std::get_if<flags::Refusal>(&result);
  return refusal ? refusal->message : "not refused";
}

void visit_all(std::vector<const flags::Command*>& path, const std::function<void(flags::Path)>& visit) {
  visit(path);
  for (const flags::Command& command : path.back()->commands) {
    path.push_back(&command);
    visit_all(path, visit);
    path.pop_back();
  }
}

TEST(Commands, TheTablesAreSound) {
  for (const flags::Command* root : {&tetra_command(), &tripline_command()}) {
    std::vector<const flags::Command*> path{root};
    visit_all(path, [](flags::Path one) {
      EXPECT_FALSE(one.back()->summary.empty()) << flags::path_text(one);
      flags::KnownFlags known = flags::known_flags(one);
      known.own.insert(known.own.end(), known.inherited.begin(), known.inherited.end());
      std::set<std::string_view> names;
      std::set<char> letters;
      for (const flags::Flag* flag : known.own) {
        EXPECT_TRUE(names.insert(flag->name).second) << flags::path_text(one) << " --" << flag->name;
        if (flag->letter != 0) {
          EXPECT_TRUE(letters.insert(flag->letter).second) << flags::path_text(one) << " -" << flag->letter;
        }
      }
    });
  }
}

TEST(Commands, Refusals) {
  EXPECT_EQ(refused({"bogus"}), R"(unknown command "bogus" for "tetra")");
  EXPECT_EQ(refused({"tp", "add"}), "accepts 1 arg(s), received 0");
  EXPECT_EQ(refused({"tp", "set-mode", "x"}), "accepts 2 arg(s), received 1");
  EXPECT_EQ(refused({"tp", "list", "extra"}), "accepts 0 arg(s), received 1");
  EXPECT_EQ(refused({"info", "extra"}), R"(unknown command "extra" for "tetra info")");
  EXPECT_EQ(refused({"status", "extra"}), "not refused");
  EXPECT_EQ(refused({"tp", "nosuch"}), "not refused");
}

TEST(Commands, OwnOnesAreThoseOfTheLongName) {
  for (const flags::Command& command : tetra_command().commands) EXPECT_FALSE(is_own_command(command));
  for (const std::string_view name : {"run", "check", "agent"}) {
    const Words words{name};
    EXPECT_TRUE(is_own_command(*flags::find_command(tripline_command(), words).path.back())) << name;
  }
}

}  // namespace
}  // namespace tripline
