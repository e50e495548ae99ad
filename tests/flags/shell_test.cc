// SPDX-License-Identifier: Apache-2.0
#include "flags/shell.h"

#include <gtest/gtest.h>

#include <cstdio>

namespace tripline::flags {
namespace {

TEST(Shell, TheFirstLineNamesTheProgram) {
  const auto first_line = [](std::string_view shell) {
    const std::string script = completion_script(shell, "tetra", true).value_or("");
    return script.substr(0, script.find('\n'));
  };
  EXPECT_EQ(first_line("bash"),
            "# bash completion V2 for tetra                                -*- shell-script -*-");
  EXPECT_EQ(first_line("zsh"), "#compdef tetra");
  EXPECT_EQ(first_line("fish"),
            "# fish completion for tetra                                -*- shell-script -*-");
  EXPECT_EQ(first_line("powershell"),
            "# powershell completion for tetra                                -*- shell-script -*-");
  EXPECT_FALSE(completion_script("tcsh", "tetra", true));
}

TEST(Shell, DescriptionsAreAskedForOnlyWhenWanted) {
  for (const char* shell : {"bash", "zsh", "fish", "powershell"}) {
    EXPECT_FALSE(completion_script(shell, "my-prog", true)->contains("__completeNoDesc"));
    EXPECT_TRUE(completion_script(shell, "my-prog", false)->contains("__completeNoDesc"));
    for (const char* left : {"PROGRAM", "FUNCTION", "ASK"})
      EXPECT_FALSE(completion_script(shell, "my-prog", true)->contains(left));
  }
}

// bash completes with a program that answers from a text.
TEST(Shell, BashOffersWhatTheProgramSays) {
  const std::string answers = testing::TempDir() + "/answers";
  const auto completed = [&](std::string_view answer, std::string_view typed, int kind) {
    std::ofstream(answers) << answer;
    std::string script = "prog() { cat " + answers + "; }\n" + *completion_script("bash", "prog", true) +
                         "COMP_WORDS=(prog " + std::string(typed) +
                         "); COMP_CWORD=1; COMP_TYPE=" + std::to_string(kind) +
                         "; compopt() { echo files; }\n__prog_complete; printf '%s\\n' \"${COMPREPLY[@]}\"\n";
    const std::string path = testing::TempDir() + "/script";
    std::ofstream(path) << script;
    std::string out;
    FILE* pipe = popen(("bash " + path).c_str(), "r");
    char buffer[512];
    while (pipe && fgets(buffer, sizeof(buffer), pipe)) out += buffer;
    if (pipe) pclose(pipe);
    return out;
  };
  EXPECT_EQ(completed("add\tAdd it\nall\tAll of it\n:4\n", "a", 63), "add  (Add it)\nall  (All of it)\n");
  EXPECT_EQ(completed("add\tAdd it\n:4\n", "a", 9), "add\n");
  EXPECT_EQ(completed("add\tAdd it\nlist\tShow\n:4\n", "l", 9), "list\n");
  EXPECT_EQ(completed(":0\n", "x", 9), "files\n\n");
  EXPECT_EQ(completed(":4\n", "x", 9), "\n");
}

}  // namespace
}  // namespace tripline::flags
