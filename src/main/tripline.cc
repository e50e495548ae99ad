// SPDX-License-Identifier: Apache-2.0
// The one binary: says which flags each sub-command takes and runs the one that was asked for.
#include <CLI/CLI.hpp>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "main/commands.h"

namespace tripline {
namespace {

void add_check(CLI::App& app, int& status) {
  CLI::App* command = app.add_subcommand("check", "Check policies and report errors and likely mistakes");
  const auto flags = std::make_shared<CheckFlags>();
  command->add_option("FILE", flags->paths, "A policy, a folder of policies (*.yaml, *.yml), or - for stdin")
      ->required();
  command->add_option("--kernel", flags->kernel, "Check against a saved kernel (see `tripline kernel dump`)");
  command->add_option("-o,--output", flags->format, "Format of the messages")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([flags, &status] { status = check_command(*flags); });
}

void add_compile(CLI::App& app, int& status) {
  CLI::App* command = app.add_subcommand("compile", "Compile policies into eBPF objects");
  auto flags = std::make_shared<CompileFlags>();
  command->add_option("FILE", flags->files, "Policies; those on one hook become one program")->required();
  command
      ->add_option("-o,--output", flags->output,
                   "The object file to write; with several hooks, one OUTPUT.ATTACHMENT.FUNCTION each")
      ->required();
  command->add_option("--kernel", flags->kernel, "A saved kernel (default: the running one)");
  command->callback([&status, flags] { status = compile_command(*flags); });
}

void add_explain(CLI::App& app, int& status) {
  CLI::App* command =
      app.add_subcommand("explain", "Show what policies compile to: attachment, checks, instructions");
  auto flags = std::make_shared<ExplainFlags>();
  command->add_option("FILE", flags->files, "Policies; those on one hook are explained together")->required();
  command->add_option("--kernel", flags->kernel, "A saved kernel (default: the running one)");
  command->callback([&status, flags] { status = explain_command(*flags); });
}

void add_expand(CLI::App& app, int& status) {
  CLI::App* command =
      app.add_subcommand("expand", "Turn events exported with --export-format compact-json into full JSON");
  auto flags = std::make_shared<ExpandFlags>();
  command->add_option("FILE", flags->files, "Exported files, or - for stdin (the default)");
  command->callback([&status, flags] { status = expand_command(*flags); });
}

void add_kernel(CLI::App& app, int& status) {
  CLI::App* command = app.add_subcommand("kernel", "Show or save what a kernel offers to policies");
  command->require_subcommand(1);

  CLI::App* dumper =
      command->add_subcommand("dump", "Write the running kernel to standard output, for --kernel FILE");
  dumper->callback([&status] { status = kernel_dump_command(); });

  CLI::App* shower = command->add_subcommand("show", "Describe the running kernel, or a saved one");
  const auto path = std::make_shared<std::string>();
  shower->add_option("FILE", *path, "A file written by `tripline kernel dump`");
  shower->callback([path, &status] { status = kernel_show_command(*path); });
}

void add_run(CLI::App& app, int& status) {
  CLI::App* command = app.add_subcommand("run", "Run a command under policies and print its events");
  const auto flags = std::make_shared<RunFlags>();
  command->add_option("-p,--policy", flags->policies, "A policy; can be repeated")
      ->type_name("FILE")
      ->allow_extra_args(false);
  command
      ->add_option("-o,--output", flags->format, "Format of the events on standard output: json or compact")
      ->check(CLI::IsMember({"json", "compact"}))
      ->capture_default_str();
  command
      ->add_option(
          "--events", flags->events,
          "Write events to a file instead: json:FILE or compact:FILE, - for standard output; can be repeated")
      ->type_name("FORMAT:FILE")
      ->allow_extra_args(false);
  command
      ->add_option("--stats", flags->stats,
                   "On exit, write the counters of each policy and selector, one JSON object per line; - for "
                   "standard error")
      ->type_name("FILE");
  command->add_flag("--all", flags->all, "Show events of all processes, not only the command's");
  command
      ->add_option("--rb-size", flags->ring_size,
                   "Size of the ring buffer for policy events: bytes, or with KB, MB, GB")
      ->transform(CLI::AsSizeValue(false))
      ->type_name("SIZE");
  command->add_flag("--enable-process-cred", flags->process_cred,
                    "Show capabilities and credentials of processes");
  command->add_flag("--enable-process-ns", flags->process_ns, "Show namespaces of processes");
  command->add_flag("--enable-process-environment-variables", flags->environment,
                    "Show the environment of processes");
  command
      ->add_option("--filter-environment-variables", flags->variables,
                   "Show only these environment variables")
      ->delimiter(',')
      ->type_name("LIST");
  command
      ->add_option("--username-metadata", flags->users,
                   "Add user names to processes: unix (from /etc/passwd) or disabled")
      ->check(CLI::IsMember({"disabled", "unix"}))
      ->capture_default_str();
  command->add_option("--cluster-name", flags->cluster, "Cluster name to put in events");
  command
      ->add_option("--enable-ancestors", flags->ancestors,
                   "Kinds of events that list ancestors: base (execs and exits; required by the others), "
                   "kprobe, tracepoint, lsm")
      ->delimiter(',')
      ->type_name("LIST");
  command->add_flag("--allow-network-actions", flags->network_actions,
                    "Perform GetUrl and DnsLookup, which otherwise do nothing");
  command->add_flag("--expose-stack-addresses", flags->stack_addresses, "Show addresses in stack traces");
  command->add_flag("--parents-map-enabled", flags->parents_map, "Allow matchParentBinaries in policies");
  command->add_flag("--timestamps", flags->timestamps, "Start compact events with a timestamp");
  command->add_option("--color", flags->color, "Colours in compact events: auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  command->add_option("command", flags->command, "The command and its arguments, after --")->required();
  command->callback([flags, &status] { status = run_command(*flags); });
}

}  // namespace
}  // namespace tripline

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  const std::span<const std::string_view> args = words;
  const std::string_view path = argc > 0 ? argv[0] : "";
  const std::string_view name = path.substr(path.rfind('/') + 1);
  if (name == "tetragon") return tripline::agent_command(args, false);
  if (name == "tetra") return tripline::client_command(args, false);
  if (!args.empty() && args.front() == "agent") return tripline::agent_command(args.subspan(1), true);
  if (!args.empty() && args.front() == "cel") return tripline::cel_command(args.subspan(1));
  if (tripline::is_client_command(args)) return tripline::client_command(args, true);

  CLI::App app("Tripline compiles TracingPolicy documents into eBPF and runs them.", "tripline");
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Show help for every subcommand");
  int status = 0;
  tripline::add_check(app, status);
  tripline::add_compile(app, status);
  tripline::add_explain(app, status);
  tripline::add_expand(app, status);
  tripline::add_kernel(app, status);
  tripline::add_run(app, status);
  app.add_subcommand("cel", "Evaluate a CEL expression (see `tripline cel --help`)");
  app.add_subcommand("agent", "Run the daemon (see `tripline agent --help`)");
  tripline::for_each_client_command([&app](std::string_view verb, std::string_view summary) {
    if (verb != "explain") app.add_subcommand(std::string(verb), std::string(summary))->group("Of an agent");
  });
  CLI11_PARSE(app, argc, argv);
  return status;
}
