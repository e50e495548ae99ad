// SPDX-License-Identifier: Apache-2.0
#include "oci/settings.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

#include "kube/json.h"

namespace tripline::oci {
namespace {

using flags::Flag;
using flags::Type;
using kube::Json;
namespace fs = std::filesystem;

constexpr std::string_view kLevels[] = {"debug", "info", "warn", "error"};
constexpr LogLevel kLevelValues[] = {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError};

constexpr Flag kFlags[] = {
    {.name = "annotations-namespace-key",
     .type = Type::kStrings,
     .fallback = "io.kubernetes.pod.namespace,io.kubernetes.cri.sandbox-namespace",
     .help = "Annotations that name the namespace of a container's pod"},
    {.name = "disable-grpc", .type = Type::kBool, .help = "Only log, do not notify the agent"},
    {.name = "fail-allow-namespaces",
     .type = Type::kStrings,
     .fallback = "kube-system",
     .help = "Namespaces whose containers start even if the agent cannot be notified"},
    {.name = "fail-allow-namespaces-regex",
     .type = Type::kStrings,
     .help = "The same, by regular expressions"},
    {.name = "fail-cel-expr",
     .help = "CEL expression over `annotations` instead: true when the container must not start"},
    {.name = "grpc-address",
     .fallback = "unix:///var/run/tetragon/tetragon.sock",
     .help = "Address of the agent"},
    {.name = "grpc-timeout",
     .type = Type::kDuration,
     .fallback = "10s",
     .help = "Time for connecting to the agent and for its answer"},
    {.name = "just-print-config", .type = Type::kBool, .help = "Print the settings and exit"},
    {.name = "log-fname", .help = "File for the log (default: tetragon-oci-hook.log beside the program)"},
    {.name = "log-level",
     .type = Type::kChoice,
     .fallback = "info",
     .help = "Log level: debug, info, warn or error",
     .choices = kLevels},
};

constexpr flags::Command kHook{
    .usage = "tetragon-oci-hook <stage>",
    .summary = "Notify the agent of a container before its first process runs",
    .description =
        "Run by a container runtime, in the folder of the container. Stages: createRuntime does the "
        "work, "
        "createContainer and poststop do nothing, server-version asks the agent for its version.",
    .flags = kFlags,
    .arguments = {.rule = flags::Arguments::Rule::kAtMost, .count = 1}};

// What the file beside the program says of a flag, as a value of its type.
std::expected<flags::Value, std::string> value_of(const Flag& flag, const Json& json) {
  if (flag.type == Type::kStrings && json.kind == Json::Kind::kArray) {
    std::vector<std::string> out;
    for (const Json& each : json.items) out.push_back(each.text);
    return out;
  }
  if (json.kind == Json::Kind::kArray || json.kind == Json::Kind::kObject)
    return std::unexpected("is not a string");
  return flags::parse_value(flag.type, json.text, flag.choices);
}

class Values {
 public:
  Values(const flags::Parsed& parsed, Json file, std::string path)
      : parsed_(parsed), file_(std::move(file)), path_(std::move(path)) {}

  template <typename T>
  T get(std::string_view name, T of_flag) {
    const Json& json = file_.at(name);
    if (parsed_.given(name) || json.kind == Json::Kind::kNull) return of_flag;
    const auto value = value_of(*std::ranges::find(kFlags, name, &Flag::name), json);
    if (value) return std::get<T>(*value);
    if (trouble_.empty()) trouble_ = path_ + ": " + std::string(name) + ": " + value.error();
    return of_flag;
  }
  std::string text(std::string_view name) { return get<std::string>(name, parsed_.text(name)); }
  bool is(std::string_view name) { return get<bool>(name, parsed_.is(name)); }
  std::vector<std::string> list(std::string_view name) {
    return get<std::vector<std::string>>(name, parsed_.list(name));
  }
  [[nodiscard]] const std::string& trouble() const { return trouble_; }

 private:
  const flags::Parsed& parsed_;
  Json file_;
  std::string path_;
  std::string trouble_;
};

std::string quoted_list(const std::vector<std::string>& list) {
  std::string out = "[";
  for (const std::string& each : list) out += (out.size() > 1 ? "," : "") + kube::json_quoted(each);
  return out + "]";
}

}  // namespace

const flags::Command& hook_command() { return kHook; }

std::expected<Settings, std::string> read_settings(const flags::Parsed& parsed, const std::string& program) {
  const fs::path folder = fs::path(program).parent_path();
  const std::string path = folder / "tetragon-oci-hook.json";
  Json file;
  if (std::ifstream stream(path); stream) {
    std::ostringstream text;
    text << stream.rdbuf();
    auto json = kube::read_json(text.view());
    if (!json || json->kind != Json::Kind::kObject) return std::unexpected(path + " is not a JSON object");
    for (const auto& each : json->members)
      if (std::ranges::find(kFlags, each.name, &Flag::name) == std::end(kFlags))
        return std::unexpected(path + ": unknown setting " + each.name);
    file = *std::move(json);
  }
  Values values(parsed, std::move(file), path);
  Settings out;
  out.stage = parsed.words.empty() ? "" : parsed.words.front();
  out.log_file = values.text("log-fname");
  if (out.log_file.empty()) out.log_file = folder / "tetragon-oci-hook.log";
  const auto* level = std::ranges::find(kLevels, values.text("log-level"));
  if (level != std::end(kLevels)) out.log_level = kLevelValues[level - kLevels];
  out.address = values.text("grpc-address");
  out.timeout = values.get<flags::Duration>("grpc-timeout", parsed.duration("grpc-timeout"));
  out.only_logs = values.is("disable-grpc");
  out.only_prints = values.is("just-print-config");
  out.rules = {.namespace_keys = values.list("annotations-namespace-key"),
               .allowed = values.list("fail-allow-namespaces"),
               .allowed_patterns = values.list("fail-allow-namespaces-regex"),
               .expression = values.text("fail-cel-expr")};
  if (!values.trouble().empty()) return std::unexpected(values.trouble());
  return out;
}

std::string settings_text(const Settings& settings) {
  const auto pair = [](std::string_view name, const std::string& value) {
    return kube::json_quoted(name) + ":" + value;
  };
  const auto truth = [](bool value) { return std::string(value ? "true" : "false"); };
  return "{" + pair("annotations-namespace-key", quoted_list(settings.rules.namespace_keys)) + "," +
         pair("disable-grpc", truth(settings.only_logs)) + "," +
         pair("fail-allow-namespaces", quoted_list(settings.rules.allowed)) + "," +
         pair("fail-allow-namespaces-regex", quoted_list(settings.rules.allowed_patterns)) + "," +
         pair("fail-cel-expr", kube::json_quoted(settings.rules.expression)) + "," +
         pair("grpc-address", kube::json_quoted(settings.address)) + "," +
         pair("grpc-timeout", kube::json_quoted(flags::duration_text(settings.timeout))) + "," +
         pair("log-fname", kube::json_quoted(settings.log_file)) + "," +
         pair("log-level", kube::json_quoted(level_name(settings.log_level))) + "}";
}

}  // namespace tripline::oci
