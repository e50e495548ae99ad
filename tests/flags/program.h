// SPDX-License-Identifier: Apache-2.0
// A small program to read command lines for.
#pragma once

#include "flags/command.h"
#include "flags/standard.h"

namespace tripline::flags {

inline constexpr std::string_view kFormats[] = {"text", "json"};
inline constexpr Flag kShared[] = {
    {.name = "debug", .letter = 'd', .type = Type::kBool, .help = "Say more"},
    {.name = "timeout", .type = Type::kDuration, .fallback = "30s", .help = "How long to wait"},
    {.name = "server", .help = "The `address` of the server"},
};
inline constexpr Flag kAddFlags[] = {
    {.name = "mode", .letter = 'm', .help = "The mode"},
    {.name = "label",
     .letter = 'l',
     .type = Type::kStrings,
     .fallback = "x,y",
     .help = "Labels",
     .also = "labels"},
    {.name = "count", .letter = 'c', .type = Type::kInt, .fallback = "2", .help = "How many\nat most"},
    {.name = "output",
     .letter = 'o',
     .type = Type::kChoice,
     .fallback = "text",
     .help = "Format",
     .choices = kFormats},
    {.name = "quick", .letter = 'q', .type = Type::kBool, .help = "No checks"},
    {.name = "secret", .help = "Not shown", .hidden = true},
    {.name = "old", .help = "Gone", .deprecated = "use --mode"},
};
inline constexpr Flag kMakeFlags[] = {{.name = "binary", .letter = 'b', .help = "A file", .required = true}};
inline constexpr std::string_view kPolicyAliases[] = {"po"};
inline constexpr Command kPolicyCommands[] = {
    {.usage = "add <file>",
     .summary = "Add a policy",
     .description = "Adds a policy.\n\nFrom a file.\n",
     .example = "  prog policy add x.yaml",
     .flags = kAddFlags,
     .arguments = {.rule = Arguments::Rule::kCount, .count = 1}},
    {.usage = "list", .summary = "List policies", .arguments = {.rule = Arguments::Rule::kNone}},
    {.usage = "make", .summary = "Make a policy", .flags = kMakeFlags},
    {.usage = "inner", .summary = "Not shown", .hidden = true},
};
inline constexpr Command kProgramCommands[] = {
    {.usage = "policy",
     .summary = "Manage policies",
     .aliases = kPolicyAliases,
     .commands = kPolicyCommands,
     .runs = false},
    {.usage = "status", .summary = "Say how it is"},
    {.usage = "level <word>",
     .summary = "Set the level",
     .arguments = {.rule = Arguments::Rule::kCount, .count = 1, .refusal = "usage: prog level <word>"}},
    kHelpCommand,
    kCompletionCommand,
};
inline constexpr Command kProgram{
    .usage = "prog", .summary = "A program", .shared = kShared, .commands = kProgramCommands, .runs = false};

}  // namespace tripline::flags
