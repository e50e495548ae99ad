// SPDX-License-Identifier: Apache-2.0
#include "client/local.h"

#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/utsname.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>

#include "base/go_text.h"
#include "base/log_line.h"
#include "client/cgroup_maps.h"
#include "client/cri.h"
#include "client/debug.h"
#include "client/document.h"
#include "client/exit_status.h"
#include "client/explain.h"
#include "client/generate.h"
#include "client/policytest.h"
#include "client/remote.h"
#include "flags/help.h"
#include "flags/shell.h"
#include "kernel/api_features.h"
#include "kernel/kernel.h"
#include "policy/parse/mode.h"

namespace tripline {
namespace {

int complain(const std::string& message) {
  fmt::print(stderr, "Error: {}\n", message);
  return kFailed;
}

int version(const flags::Parsed& parsed) {
  fmt::print("CLI version: {}\n", TRIPLINE_VERSION);
  if (parsed.is("server")) {
    const auto server = server_version(parsed);
    if (!server) return complain(server.error());
    fmt::print("Server version: {}\n", *server);
  }
  if (parsed.is("build"))
    fmt::print("GoVersion: {}\nDate: {}\nGitCommit: {}\nGitTreeState: {}\n", "", "", "", "clean");
  return 0;
}

int modify(const flags::Parsed& parsed) {
  const std::string& path = parsed.words.front();
  const auto text = read_document(path);
  if (!text) return complain(text.error());
  if (!parsed.given("mode")) {
    fmt::print("{}", *text);
    return 0;
  }
  const auto changed = with_mode(*text, parsed.text("mode"));
  if (!changed) return complain(mode_error(parsed.text("mode"), path, changed.error()));
  fmt::print("{}", *changed);
  return 0;
}

int generate(const flags::Parsed& parsed) {
  const auto text = generated_policy(parsed);
  if (!text) return complain(text.error());
  fmt::print("{}", *text);
  return 0;
}

int explain(const flags::Parsed& parsed) {
  const auto text = explained(parsed);
  if (!text) return complain(text.error());
  fmt::print("{}", *text);
  return 0;
}

bool is_administrator() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with("CapEff:")) continue;
    const uint64_t held =
        std::strtoull(line.c_str() + line.find_first_of("0123456789abcdef", 7), nullptr, 16);
    return (held >> CAP_SYS_ADMIN & 1) != 0;
  }
  return false;
}

int probe(const flags::Parsed&) {
  if (!is_administrator())
    fmt::print(
        stderr,
        "warning: for accurate results, you may need to run as root and/or with sufficient capabilities.\n");
  const Result<ProbeReport> report = probe_kernel();
  if (!report) return complain(report.error().text());
  for (const auto& [name, holds] : api_features(report->kernel)) fmt::print("{}: {}\n", name, holds);
  return 0;
}

int probe_config(const flags::Parsed&) {
  utsname system{};
  uname(&system);
  const std::string path = fmt::format("/boot/config-{}", system.release);
  std::ifstream file(path);
  if (!file) {
    const LogLine line{LogLevel::kError,
                       "Detecting kernel config failed",
                       {{"error", fmt::format("open {}: {}", path, go_error(errno))}}};
    fmt::print(stderr, "{}\n", line.text());
    fmt::print("\n");
    return 0;
  }
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("CONFIG_")) fmt::print("{}\n", line);
  return 0;
}

int completion(const flags::Parsed& parsed) {
  const auto script = flags::completion_script(parsed.path.back()->name(), parsed.path.front()->name(),
                                               !parsed.is("no-descriptions"));
  if (!script) return complain("unknown shell");
  fmt::print("{}", *script);
  return 0;
}

int help(const flags::Parsed& parsed) {
  const std::vector<std::string_view> words(parsed.words.begin(), parsed.words.end());
  const flags::Found found = flags::find_command(*parsed.path.front(), words);
  if (!found.rest.empty()) {
    std::string topic;
    for (const std::string_view word : words) topic += fmt::format("{}{}", topic.empty() ? "" : " ", word);
    fmt::print("Unknown help topic [`{}`]\n{}", topic, flags::usage_text(std::span(parsed.path).first(1)));
    return 0;
  }
  fmt::print("{}", flags::help_text(found.path));
  return 0;
}

struct Verb {
  std::string_view name;
  int (*run)(const flags::Parsed&);
};

constexpr std::array kVerbs = std::to_array<Verb>({
    {"version", version},
    {"tracingpolicy modify", modify},
    {"tracingpolicy generate empty", generate},
    {"tracingpolicy generate all-syscalls", generate},
    {"tracingpolicy generate all-syscalls-list", generate},
    {"tracingpolicy generate ftrace-list", generate},
    {"tracingpolicy generate uprobes", generate},
    {"tracingpolicy generate usdts", generate},
    {"explain", explain},
    {"probe", probe},
    {"probe config", probe_config},
    {"policytest list", list_policy_tests},
    {"policytest dump-policy", dump_test_policies},
    {"policytest trigger", trigger_policy_test},
    {"cri version", cri_version},
    {"cri cgroup_path", cri_cgroup_path},
    {"debug maps", debug_maps},
    {"debug progs", debug_programs},
    {"debug enable-stats", debug_count_runs},
    {"debug dump execve", dump_execve},
    {"debug dump errmetrics", dump_errors},
    {"debug dump policyfilter", dump_policy_filter},
    {"dump execve", dump_execve},
    {"dump errmetrics", dump_errors},
    {"dump policyfilter", dump_policy_filter},
    {"policyfilter dump", dump_policy_filter},
    {"policyfilter add", add_to_policy_filter},
    {"policyfilter cgroupid", show_cgroup_id},
    {"policyfilter listpolicies", list_policies_of_container},
    {"cgtracker dump", dump_cgroup_tracker},
    {"cgtracker add", add_to_cgroup_tracker},
    {"completion bash", completion},
    {"completion fish", completion},
    {"completion powershell", completion},
    {"completion zsh", completion},
    {"help", help},
});

}  // namespace

std::optional<int> run_local(const flags::Parsed& parsed) {
  for (const Verb& verb : kVerbs)
    if (verb.name == parsed.name()) return verb.run(parsed);
  return {};
}

}  // namespace tripline
