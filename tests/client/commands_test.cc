// SPDX-License-Identifier: Apache-2.0
#include "client/commands.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "flags/complete.h"
#include "flags/help.h"
#include "flags/parse.h"

namespace tripline::client {
namespace {

using Words = std::vector<std::string_view>;

flags::Outcome outcome(const Words& args) { return flags::parse(tetra_command(), args); }
std::string refused(const Words& args) {
  const flags::Outcome result = outcome(args);
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
  std::vector<const flags::Command*> path{&tetra_command()};
  visit_all(path, [](flags::Path one) {
    EXPECT_FALSE(one.back()->summary.empty()) << flags::path_text(one);
    const flags::KnownFlags known = flags::known_flags(one);
    std::set<std::string_view> names;
    std::set<char> letters;
    for (const auto* list : {&known.own, &known.inherited}) {
      for (const flags::Flag* flag : *list) {
        EXPECT_TRUE(names.insert(flag->name).second) << flags::path_text(one) << " --" << flag->name;
        EXPECT_TRUE(flag->also.empty() || names.insert(flag->also).second) << flag->also;
        EXPECT_TRUE(flag->letter == 0 || letters.insert(flag->letter).second)
            << flags::path_text(one) << flag->letter;
        EXPECT_TRUE(flag->fallback.empty() || flags::parse_value(flag->type, flag->fallback, flag->choices));
      }
    }
  });
}

TEST(Commands, RefusalsAsRecorded) {
  EXPECT_EQ(refused({"--timeout", "x", "status"}),
            R"(invalid argument "x" for "--timeout" flag: time: invalid duration "x")");
  EXPECT_EQ(refused({"tp", "set-mode", "x"}), "accepts 2 arg(s), received 1");
  EXPECT_EQ(refused({"tp", "list", "extra"}), "accepts 0 arg(s), received 1");
  EXPECT_EQ(
      refused({"tp", "list", "-o", "yaml"}),
      R"(invalid argument "yaml" for "-o, --output" flag: invalid argument yaml, please provide one of (text, json))");
  EXPECT_EQ(refused({"info", "extra"}), R"(unknown command "extra" for "tetra info")");
  EXPECT_EQ(refused({"version", "extra"}), R"(unknown command "extra" for "tetra version")");
  EXPECT_EQ(refused({"status", "extra"}), "not refused");
  EXPECT_EQ(refused({"loglevel", "set"}),
            "usage: tetra loglevel set [trace|debug|info|warning|error|fatal|panic]");
  EXPECT_EQ(
      refused({"eventlog", "set", "--rotation-interval", "5x"}),
      R"(invalid argument "5x" for "--rotation-interval" flag: time: unknown unit "x" in duration "5x")");
  EXPECT_EQ(
      refused({"getevents", "extra", "-e", "NOSUCH"}),
      R"(invalid argument "NOSUCH" for "-e, --event-types" flag: invalid argument NOSUCH, please provide one of )"
      "(PROCESS_EXEC, PROCESS_EXIT, PROCESS_KPROBE, PROCESS_LOADER, PROCESS_LSM, PROCESS_THROTTLE, "
      "PROCESS_TRACEPOINT, PROCESS_UPROBE, PROCESS_USDT, RATE_LIMIT_INFO, TEST, UNDEF)");
  EXPECT_EQ(refused({"cgtracker", "add", "1"}), "accepts 2 arg(s), received 1");
}

TEST(Commands, AliasesAndOldNames) {
  const flags::Outcome events = outcome({"getevents", "--namespaces", "a,b", "--processes", "x", "-e",
                                         "PROCESS_EXEC", "-e", "PROCESS_EXIT", "--pods", "p"});
  const auto& parsed = std::get<flags::Parsed>(events);
  EXPECT_EQ(parsed.list("namespace"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(parsed.list("event-types"), (std::vector<std::string>{"PROCESS_EXEC", "PROCESS_EXIT"}));
  EXPECT_TRUE(parsed.is("stack-traces"));
  EXPECT_EQ(std::get<flags::Parsed>(outcome({"debug", "top"})).name(), "debug progs");
  EXPECT_EQ(std::get<flags::Parsed>(outcome({"log", "get"})).name(), "loglevel get");
}

TEST(Commands, HelpOfACommandAsRecorded) {
  const flags::Found found = flags::find_command(tetra_command(), Words{"policytest"});
  EXPECT_EQ(flags::help_text(found.path), R"(Tetragon policy tests

Usage:
  tetra policytest [command]

Aliases:
  policytest, pt

Available Commands:
  dump-policy Dump policies from Tetragon policy test(s)
  list        list Tetragon policy tests
  run         Run Tetragon policy test(s)

Flags:
  -h, --help   help for policytest

Global Flags:
  -d, --debug                       Enable debug messages
      --max-recv-size int           Maximum gRPC message size in bytes the client can receive (default 10485760)
      --retries int                 Connection retries with exponential backoff (default 1)
      --server-address string       gRPC server address
      --timeout duration            Connection timeout (default 30s)
      --tls-ca-cert-files strings   Paths to PEM CA bundles used to verify the server certificate
      --tls-cert-file string        Path to client certificate (PEM) for mTLS
      --tls-key-file string         Path to client private key (PEM) for mTLS
      --tls-server-name string      Override SNI / certificate hostname when dialing the server
      --tls-skip-verify             Disable server certificate verification (development only)

Use "tetra policytest [command] --help" for more information about a command.
)");
}

}  // namespace
}  // namespace tripline::client
