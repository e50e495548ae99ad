// SPDX-License-Identifier: Apache-2.0
#include "flags/help.h"

#include <gtest/gtest.h>

#include "flags/program.h"

namespace tripline::flags {
namespace {

TEST(Help, OfTheRoot) {
  const Command* path[] = {&kProgram};
  EXPECT_EQ(help_text(path), R"(A program

Usage:
  prog [command]

Available Commands:
  completion  Generate the autocompletion script for the specified shell
  help        Help about any command
  level       Set the level
  policy      Manage policies
  status      Say how it is

Flags:
  -d, --debug              Say more
  -h, --help               help for prog
      --server address     The address of the server
      --timeout duration   How long to wait (default 30s)

Use "prog [command] --help" for more information about a command.
)");
}

TEST(Help, OfACommand) {
  const Command* path[] = {&kProgram, &kProgramCommands[0], &kPolicyCommands[0]};
  EXPECT_EQ(help_text(path), R"(Adds a policy.

From a file.

Usage:
  prog policy add <file> [flags]

Examples:
  prog policy add x.yaml

Flags:
  -c, --count int       How many
                        at most (default 2)
  -h, --help            help for add
  -l, --label strings   Labels (default [x,y])
  -m, --mode string     The mode
  -o, --output string   Format (default text)
  -q, --quick           No checks

Global Flags:
  -d, --debug              Say more
      --server address     The address of the server
      --timeout duration   How long to wait (default 30s)
)");
}

TEST(Help, OfACommandWithCommandsAndAnAlias) {
  const Command* path[] = {&kProgram, &kProgramCommands[0]};
  EXPECT_TRUE(help_text(path).starts_with(R"(Manage policies

Usage:
  prog policy [command]

Aliases:
  policy, po

Available Commands:
  add         Add a policy
  list        List policies
  make        Make a policy

Flags:
)"));
}

TEST(Help, ARefusalMayShowTheUsage) {
  const Refusal refusal{{&kProgram, &kProgramCommands[1]}, "no"};
  EXPECT_TRUE(
      refusal_text(refusal, true).starts_with("Error: no\nUsage:\n  prog status [flags]\n\nFlags:\n"));
  EXPECT_TRUE(refusal_text(refusal, true).ends_with("\n\n"));
}

}  // namespace
}  // namespace tripline::flags
