// SPDX-License-Identifier: Apache-2.0
#include "operator/options.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <system_error>

namespace tripline::op {
namespace {

using flags::Flag;
using flags::Type;

constexpr Flag kFlags[] = {
    {.name = "config-dir", .help = "Folder with settings: one file for each flag"},
    {.name = "force-update-crds",
     .type = Type::kBool,
     .help = "Replace custom resource definitions even if they are newer"},
    {.name = "health-probe-bind-address",
     .fallback = ":8081",
     .help = "Address of /healthz and /readyz; 0 for none"},
    {.name = "kube-config", .help = "Kubeconfig file for reaching the Kubernetes API"},
    {.name = "leader-election",
     .type = Type::kBool,
     .help = "Let only one of several operators work; the others wait"},
    {.name = "leader-election-lease-duration",
     .type = Type::kDuration,
     .fallback = "15s",
     .help = "How long others wait for a leader that does not answer"},
    {.name = "leader-election-namespace", .help = "Namespace of the lease; empty for the operator's own"},
    {.name = "leader-election-renew-deadline",
     .type = Type::kDuration,
     .fallback = "5s",
     .help = "How long a leader tries to renew its lease"},
    {.name = "leader-election-retry-period",
     .type = Type::kDuration,
     .fallback = "2s",
     .help = "Time between two attempts to become or stay leader"},
    {.name = "metrics-bind-address", .fallback = "0", .help = "Address of /metrics; 0 for none"},
    {.name = "skip-crd-creation", .type = Type::kBool, .help = "Do not create custom resource definitions"},
    {.name = "skip-pod-info-crd", .type = Type::kBool, .help = "Do not use PodInfo objects"},
    {.name = "skip-policy-status",
     .type = Type::kBool,
     .help = "Do not write the status of policies, and no Events about them"},
    {.name = "skip-tracing-policy-crd",
     .type = Type::kBool,
     .help = "Do not create the definitions of policies"},
};

constexpr flags::Command kServe[] = {
    {.usage = "serve",
     .summary = "Create the custom resource definitions, and keep PodInfo objects and the status of policies "
                "up to date",
     .arguments = {.rule = flags::Arguments::Rule::kNone}},
};
constexpr std::string_view kSummary =
    "Create the Kubernetes custom resource definitions and maintain PodInfo objects";
constexpr flags::Command kOwn{.usage = "operator",
                              .summary = kSummary,
                              .description =
                                  "Creates or updates the custom resource definitions and "
                                  "exits; `serve` keeps running.",
                              .shared = kFlags,
                              .commands = kServe};
constexpr flags::Command kTetragon{.usage = "tetragon-operator",
                                   .summary = kSummary,
                                   .description = kOwn.description,
                                   .shared = kFlags,
                                   .commands = kServe};

std::string variable_of(std::string_view name) {
  std::string out = "TETRAGON_OPERATOR_";
  for (const char c : name)
    out += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

std::string trimmed(std::string text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.pop_back();
  return text;
}

// What was set, by name of flag, and where.
struct Given {
  std::string text;
  std::string where;
};
using Settings = std::map<std::string_view, Given>;

const Flag* find(std::string_view name) {
  const auto* found = std::ranges::find(kFlags, name, &Flag::name);
  return found == std::end(kFlags) ? nullptr : found;
}

std::expected<void, std::string> read_folder(const std::string& folder, Settings& settings,
                                             std::vector<LogLine>& warnings) {
  std::error_code problem;
  std::filesystem::directory_iterator at(folder, problem);
  if (problem) return std::unexpected("config-dir " + folder + ": " + problem.message());
  for (const auto& entry : at) {
    const std::string name = entry.path().filename();
    // "..data" and the like are how Kubernetes replaces all files of a folder at once.
    if (name.starts_with("..") || !entry.is_regular_file(problem)) continue;
    const Flag* flag = find(name);
    if (flag == nullptr) {
      warnings.push_back({LogLevel::kWarning, "Unknown setting, ignored", {{"file", entry.path()}}});
      continue;
    }
    std::ifstream file(entry.path());
    std::ostringstream text;
    if (!(text << file.rdbuf()) && file.peek() != std::ifstream::traits_type::eof())
      return std::unexpected("config-dir: " + entry.path().string() + " cannot be read");
    settings[flag->name] = {trimmed(text.str()), entry.path()};
  }
  return {};
}

// Reads values out of all sources, the strongest first.
class Values {
 public:
  Values(const flags::Parsed& parsed, const Settings& settings) : parsed_(parsed), settings_(settings) {}

  bool is(std::string_view name) { return get<bool>(name, parsed_.is(name)); }
  std::string text(std::string_view name) { return get<std::string>(name, parsed_.text(name)); }
  std::chrono::milliseconds duration(std::string_view name) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        get<flags::Duration>(name, parsed_.duration(name)));
  }
  [[nodiscard]] const std::string& trouble() const { return trouble_; }

 private:
  template <typename T>
  T get(std::string_view name, T of_flag) {
    const auto given = settings_.find(name);
    if (parsed_.given(name) || given == settings_.end()) return of_flag;
    if (given->second.text.empty() && find(name)->type != Type::kString) return of_flag;
    const auto value = flags::parse_value(find(name)->type, given->second.text);
    if (value) return std::get<T>(*value);
    if (trouble_.empty()) trouble_ = given->second.where + ": " + value.error();
    return of_flag;
  }

  const flags::Parsed& parsed_;
  const Settings& settings_;
  std::string trouble_;
};

std::string address(std::string text) { return text == "0" ? "" : text; }

}  // namespace

const flags::Command& operator_command() { return kOwn; }
const flags::Command& tetragon_operator_command() { return kTetragon; }

std::expected<Options, std::string> read_options(const flags::Parsed& parsed,
                                                 const std::vector<std::string>& environment) {
  Options out;
  Settings variables;
  for (const Flag& flag : kFlags) {
    const std::string start = variable_of(flag.name) + "=";
    for (const std::string& each : environment)
      if (each.starts_with(start)) variables[flag.name] = {each.substr(start.size()), variable_of(flag.name)};
  }
  Settings settings;
  const auto folder = variables.find("config-dir");
  const std::string& dir = parsed.given("config-dir") || folder == variables.end() ? parsed.text("config-dir")
                                                                                   : folder->second.text;
  if (!dir.empty()) {
    if (auto read = read_folder(dir, settings, out.warnings); !read) return std::unexpected(read.error());
  }
  for (auto& [name, given] : variables) settings[name] = given;

  Values values(parsed, settings);
  out.serves = parsed.command().name() == "serve";
  out.skip_definitions = values.is("skip-crd-creation");
  out.skip_pod_info = values.is("skip-pod-info-crd");
  out.skip_policies = values.is("skip-tracing-policy-crd");
  out.skip_policy_status = values.is("skip-policy-status");
  out.force_update = values.is("force-update-crds");
  out.kubeconfig = values.text("kube-config");
  out.health_address = address(values.text("health-probe-bind-address"));
  out.metrics_address = address(values.text("metrics-bind-address"));
  out.elects = values.is("leader-election");
  out.lease_namespace = values.text("leader-election-namespace");
  out.lease = values.duration("leader-election-lease-duration");
  out.renew_deadline = values.duration("leader-election-renew-deadline");
  out.retry = values.duration("leader-election-retry-period");
  if (!values.trouble().empty()) return std::unexpected(values.trouble());
  if (out.elects &&
      !(out.lease > out.renew_deadline && out.renew_deadline > out.retry && out.retry.count() > 0))
    return std::unexpected(
        "leader-election-lease-duration must be longer than leader-election-renew-deadline, and that longer "
        "than "
        "leader-election-retry-period");
  return out;
}

}  // namespace tripline::op
