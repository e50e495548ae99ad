// SPDX-License-Identifier: Apache-2.0
// The one binary: runs the sub-command that was asked for, or the program by whose name it was called.
#include <fmt/format.h>

#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <expected>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "flags/help.h"
#include "flags/parse.h"
#include "main/commands.h"
#include "main/program.h"

namespace tripline {
namespace {

constexpr int kUsage = 1;

int complain(const std::string& message) {
  fmt::print(stderr, "Error: {}\n", message);
  return kUsage;
}

// "64K", "1MB", "4096": units are powers of 1024.
std::optional<uint64_t> bytes_of(std::string_view text) {
  uint64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc()) return {};
  std::string unit;
  for (const char c : std::string_view(end, text.data() + text.size()))
    if (c != ' ') unit += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  constexpr std::string_view kLetters = "kmg";
  if (unit.empty() || unit == "b") return number;
  const size_t power = kLetters.find(unit[0]);
  if (power == std::string_view::npos || (unit.size() > 1 && unit.substr(1) != "b" && unit.substr(1) != "ib"))
    return {};
  const size_t shift = 10 * (power + 1);
  if (number > std::numeric_limits<uint64_t>::max() >> shift) return {};
  return number << shift;
}

int check(const flags::Parsed& parsed) {
  return check_command({.paths = parsed.words,
                        .kernel = parsed.text("kernel"),
                        .format = parsed.text("output"),
                        .root = parsed.text("root")});
}

int compile(const flags::Parsed& parsed) {
  return compile_command({.files = parsed.words,
                          .kernel = parsed.text("kernel"),
                          .output = parsed.text("output"),
                          .root = parsed.text("root")});
}

int crds(const flags::Parsed& parsed) { return crds_command(parsed.words); }
int expand(const flags::Parsed& parsed) { return expand_command({.files = parsed.words}); }
int kernel_dump(const flags::Parsed&) { return kernel_dump_command(); }
int kernel_show(const flags::Parsed& parsed) {
  return kernel_show_command(parsed.words.empty() ? "" : parsed.words.front());
}
int man(const flags::Parsed& parsed) { return man_command(parsed.words.front()); }

int run(const flags::Parsed& parsed) {
  RunFlags flags;
  flags.policies = parsed.list("policy");
  flags.format = parsed.text("output");
  flags.events = parsed.list("events");
  flags.stats = parsed.text("stats");
  flags.all = parsed.is("all");
  if (parsed.given("rb-size")) {
    const auto size = bytes_of(parsed.text("rb-size"));
    if (!size) return complain("--rb-size: " + parsed.text("rb-size") + " is not a valid size");
    flags.ring_size = *size;
  }
  flags.parents_map = parsed.is("parents-map-enabled");
  flags.process_cred = parsed.is("enable-process-cred");
  flags.process_ns = parsed.is("enable-process-ns");
  flags.environment = parsed.is("enable-process-environment-variables");
  flags.variables = parsed.list("filter-environment-variables");
  flags.users = parsed.text("username-metadata");
  flags.cluster = parsed.text("cluster-name");
  flags.ancestors = parsed.list("enable-ancestors");
  flags.timestamps = parsed.is("timestamps");
  flags.why = parsed.is("why");
  flags.stack_addresses = parsed.is("expose-stack-addresses");
  flags.network_actions = parsed.is("allow-network-actions");
  flags.pod = parsed.text("pod");
  flags.color = parsed.text("color");
  flags.command = parsed.words;
  return run_command(flags);
}

int explain(const flags::Parsed& parsed) {
  return explain_command(
      {.files = parsed.words, .kernel = parsed.text("kernel"), .root = parsed.text("root")});
}

struct Verb {
  std::string_view name;
  int (*run)(const flags::Parsed&);
};
constexpr std::array kVerbs = std::to_array<Verb>({
    {"check", check},
    {"compile", compile},
    {"crds", crds},
    {"expand", expand},
    {"kernel dump", kernel_dump},
    {"kernel show", kernel_show},
    {"man", man},
    {"run", run},
    {"webhook", webhook_command},
    {"", explain},  // explain_files() is a root of its own
});

int own_command(const flags::Command& root, std::span<const std::string_view> args) {
  const flags::Outcome outcome = flags::parse(root, args);
  if (const auto* help = std::get_if<flags::HelpWanted>(&outcome)) {
    fmt::print("{}", flags::help_text(help->path));
    return 0;
  }
  if (const auto* refusal = std::get_if<flags::Refusal>(&outcome)) {
    fmt::print(stderr, "{}", flags::refusal_text(*refusal, false));
    return kUsage;
  }
  const auto& parsed = std::get<flags::Parsed>(outcome);
  for (const Verb& verb : kVerbs)
    if (verb.name == parsed.name()) return verb.run(parsed);
  return complain("unknown command " + parsed.name());
}

}  // namespace
}  // namespace tripline

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  const std::span<const std::string_view> args = words;
  const std::string_view path = argc > 0 ? argv[0] : "";
  const std::string_view name = path.substr(path.rfind('/') + 1);
  if (name == "tetragon") return tripline::agent_command(args, false);
  if (name == "tetragon-oci-hook" || name == "tripline-oci-hook") return tripline::oci_hook_command(args);
  if (name == "tetragon-oci-hook-setup") return tripline::oci_hook_setup_command(args);
  if (name == "tetragon-operator") return tripline::operator_command(args, false);
  if (name == "tetra") return tripline::client_command(args, false);
  if (!args.empty() && args.front() == "agent") return tripline::agent_command(args.subspan(1), true);
  if (!args.empty() && args.front() == "operator") return tripline::operator_command(args.subspan(1), true);
  if (!args.empty() && args.front() == "cel") return tripline::cel_command(args.subspan(1));
  if (tripline::is_client_command(args)) return tripline::client_command(args, true);
  if (!args.empty() && args.front() == "explain")
    return tripline::own_command(tripline::explain_files(), args.subspan(1));
  return tripline::own_command(tripline::program(), args);
}
