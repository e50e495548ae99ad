// SPDX-License-Identifier: Apache-2.0
// Tables from the leaves up: what a table names stands above it.
#include "main/program.h"

#include <algorithm>
#include <vector>

#include "client/commands.h"
#include "config/daemon.h"
#include "operator/options.h"
#include "webhook/options.h"

namespace tripline {
namespace {

using flags::Arguments;
using flags::Command;
using flags::Flag;
using flags::Type;
using Rule = flags::Arguments::Rule;

constexpr Arguments kSome{.rule = Rule::kAtLeast, .count = 1};
constexpr Arguments kOne{.rule = Rule::kCount, .count = 1};
constexpr Arguments kOneOrNone{.rule = Rule::kAtMost, .count = 1};

constexpr std::string_view kMessageForms[] = {"text", "json"};
constexpr std::string_view kEventForms[] = {"json", "compact"};
constexpr std::string_view kUsers[] = {"disabled", "unix"};
constexpr std::string_view kColours[] = {"auto", "always", "never"};

constexpr Flag kKernel{.name = "kernel", .help = "A saved kernel `file`; the running kernel if empty"};

constexpr Flag kRoot{
    .name = "root",
    .help =
        "The `folder` below which programs and libraries are looked up, such as that of a container image"};

constexpr Flag kCheckFlags[] = {
    {.name = "kernel", .help = "Check against a saved kernel `file` (see `tripline kernel dump`)"},
    kRoot,
    {.name = "output",
     .letter = 'o',
     .type = Type::kChoice,
     .fallback = "text",
     .help = "Format of the messages. text or json",
     .choices = kMessageForms},
};
constexpr Flag kCompileFlags[] = {
    {.name = "output",
     .letter = 'o',
     .help = "The object `file` to write; with several hooks, one OUTPUT.ATTACHMENT.FUNCTION each",
     .required = true},
    kKernel,
    kRoot,
};
constexpr Flag kExplainFlags[] = {kKernel, kRoot};
constexpr Command kKernelCommands[] = {
    {.usage = "dump",
     .summary = "Write the running kernel to standard output, for --kernel",
     .arguments = {.rule = Rule::kNone}},
    {.usage = "show [file]",
     .summary = "Describe the running kernel, or a saved one",
     .arguments = kOneOrNone},
};
constexpr Flag kRunFlags[] = {
    {.name = "policy", .letter = 'p', .type = Type::kTexts, .help = "A policy `file`; can be repeated"},
    {.name = "output",
     .letter = 'o',
     .type = Type::kChoice,
     .fallback = "json",
     .help = "Format of the events on standard output. json or compact",
     .choices = kEventForms},
    {.name = "events",
     .type = Type::kTexts,
     .help = "Write events to a file instead: `form:file`, where form is json or compact and - is standard "
             "output; can be repeated"},
    {.name = "stats",
     .help =
         "On exit, write the counters of each policy and selector to a `file`, one JSON object per line; - "
         "for standard error"},
    {.name = "all", .type = Type::kBool, .help = "Show events of all processes, not only the command's"},
    {.name = "rb-size", .help = "Size of the ring buffer for policy events: bytes, or with KB, MB, GB"},
    {.name = "enable-process-cred",
     .type = Type::kBool,
     .help = "Show capabilities and credentials of processes"},
    {.name = "enable-process-ns", .type = Type::kBool, .help = "Show namespaces of processes"},
    {.name = "enable-process-environment-variables",
     .type = Type::kBool,
     .help = "Show the environment of processes"},
    {.name = "filter-environment-variables",
     .type = Type::kStrings,
     .help = "Show only these environment variables"},
    {.name = "username-metadata",
     .type = Type::kChoice,
     .fallback = "disabled",
     .help = "Add user names to processes: unix (from /etc/passwd) or disabled",
     .choices = kUsers},
    {.name = "cluster-name", .help = "Cluster name to put in events"},
    {.name = "enable-ancestors",
     .type = Type::kStrings,
     .help = "Kinds of events that list ancestors: base (execs and exits; required by the others), kprobe, "
             "tracepoint, lsm, loader"},
    {.name = "allow-network-actions",
     .type = Type::kBool,
     .help = "Perform GetUrl and DnsLookup, which otherwise do nothing"},
    {.name = "expose-stack-addresses", .type = Type::kBool, .help = "Show addresses in stack traces"},
    {.name = "parents-map-enabled", .type = Type::kBool, .help = "Allow matchParentBinaries in policies"},
    {.name = "pod",
     .help = "Run the command as a container of a pod, NAMESPACE/NAME[,LABEL=VALUE]...: policies can then be "
             "limited to some pods"},
    {.name = "timestamps", .type = Type::kBool, .help = "Start compact events with a timestamp"},
    {.name = "why",
     .type = Type::kBool,
     .help = "Show with each event of a policy which selector let it through and the filters that held, with "
             "file and line"},
    {.name = "color",
     .type = Type::kChoice,
     .fallback = "auto",
     .help = "Colours in compact events: auto, always or never",
     .choices = kColours},
};

constexpr Command kOwn[] = {
    {.usage = "check <file>...",
     .summary = "Check policies and report errors and likely mistakes",
     .description = "Checks policies, folders of policies (*.yaml, *.yml), or - for standard input.",
     .flags = kCheckFlags,
     .arguments = kSome},
    {.usage = "compile <file>...",
     .summary = "Compile policies into eBPF objects",
     .description = "Compiles policies; those on one hook become one program.",
     .flags = kCompileFlags,
     .arguments = kSome},
    {.usage = "crds [name]...",
     .summary = "Print the custom resource definitions for Kubernetes",
     .description = "Prints the definitions with the given names, such as tracingpolicies.cilium.io, or all. "
                    "Not needed with the operator, which creates them."},
    {.usage = "expand [file]...",
     .summary = "Expand events exported with --export-format compact-json to full JSON",
     .description = "Reads exported files, or standard input if there is none or for -."},
    {.usage = "kernel",
     .summary = "Show or save what a kernel offers to policies",
     .commands = kKernelCommands,
     .runs = false},
    {.usage = "man <folder>", .summary = "Write the manual pages into a folder", .arguments = kOne},
    {.usage = "run <command>...",
     .summary = "Run a command under policies and print its events",
     .description =
         "Runs a command under policies and prints its events. After -- follow the command and its "
         "arguments.",
     .flags = kRunFlags,
     .arguments = kSome},
};

constexpr Command kExplain{.usage = "explain <file>...",
                           .summary = "Show what policies compile to: attachment, checks, instructions",
                           .flags = kExplainFlags,
                           .arguments = kSome};

}  // namespace

const flags::Command& program() {
  // The client's table has all of these by name.
  static const std::vector<Command> commands = [] {
    std::vector<Command> all(tripline_command().commands.begin(), tripline_command().commands.end());
    for (Command& command : all) {
      const auto* own = std::ranges::find(kOwn, command.name(), &Command::name);
      if (own != std::end(kOwn)) command = *own;
      if (command.name() == config::agent_command().name()) command = config::agent_command();
      if (command.name() == webhook::webhook_command().name()) command = webhook::webhook_command();
      if (command.name() == op::operator_command().name()) command = op::operator_command();
    }
    return all;
  }();
  static const Command whole = [] {
    Command root = tripline_command();
    root.commands = commands;
    return root;
  }();
  return whole;
}

const flags::Command& explain_files() { return kExplain; }

}  // namespace tripline
