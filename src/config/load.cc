// SPDX-License-Identifier: Apache-2.0
#include "config/load.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "flags/csv.h"

namespace tripline::config {
namespace {

constexpr const char* kPackageFolders[] = {"/usr/lib/tetragon/tetragon.conf.d/",
                                           "/usr/local/lib/tetragon/tetragon.conf.d/"};
constexpr const char* kYamlFiles[] = {"/etc/tetragon/tetragon.yaml", "tetragon.yaml"};
constexpr const char* kAdminFolder = "/etc/tetragon/tetragon.conf.d/";

// A list in a file or variable: separated by commas, or by blanks where there is no comma.
std::expected<flags::Value, std::string> list_of(std::string_view text) {
  if (text.contains('"')) {
    auto fields = flags::parse_csv(text);
    if (!fields) return std::unexpected(std::move(fields.error()));
    return flags::Value(std::move(*fields));
  }
  const std::string_view separators = text.contains(',') ? ",\n" : " \t\n";
  std::vector<std::string> list;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of(separators), text.size());
    std::string_view item = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    item.remove_prefix(std::min(item.find_first_not_of(" \t\r"), item.size()));
    item = item.substr(0, item.find_last_not_of(" \t\r") + 1);
    if (!item.empty()) list.emplace_back(item);
  }
  return flags::Value(std::move(list));
}

// The value of a key from a file or a variable. Absent: nothing was written where a number or the like belongs, so the
// default holds.
std::expected<std::optional<flags::Value>, std::string> value_of(const Key& key, const Given& given) {
  if (const auto* misfit = std::get_if<Misfit>(&given.value))
    return std::unexpected(std::string(misfit->why));
  if (const auto* list = std::get_if<std::vector<std::string>>(&given.value)) return flags::Value(*list);
  const auto& text = std::get<std::string>(given.value);
  if (key.flag.type == flags::Type::kStrings) return list_of(text);
  if (text.empty() && key.flag.type != flags::Type::kString) return std::nullopt;
  return flags::parse_value(key.flag.type, text);
}

// The folder that config-dir names, from the flag or from what was found so far.
std::string config_dir(const flags::Parsed& parsed, const Findings& findings) {
  if (parsed.given("config-dir")) return parsed.text("config-dir");
  const auto given = findings.values.find(find_key("config-dir"));
  if (given == findings.values.end()) return {};
  const auto* text = std::get_if<std::string>(&given->second.value);
  return text ? *text : "";
}

std::expected<Findings, LogLine> find_all(const flags::Parsed& parsed, const Surroundings& here) {
  Findings findings;
  for (const char* folder : kPackageFolders) read_drop_ins(here, folder, findings);
  for (const char* file : kYamlFiles) read_yaml_file(here, file, findings);
  read_drop_ins(here, kAdminFolder, findings);

  Findings environment;
  read_environment(here, environment);
  const std::string dir =
      config_dir(parsed, environment.values.contains(find_key("config-dir")) ? environment : findings);
  if (!dir.empty()) {
    if (auto read = read_config_dir(here, dir, findings); !read) {
      return std::unexpected(LogLine{LogLevel::kError,
                                     "Failed to read config from directory",
                                     {{"config-dir", dir}, {"error", read.error()}}});
    }
  }
  for (auto& [key, given] : environment.values) findings.values[key] = std::move(given);
  std::ranges::move(environment.warnings, std::back_inserter(findings.warnings));
  return findings;
}

}  // namespace

std::expected<Config, LogLine> load(const flags::Parsed& parsed, const Surroundings& here) {
  auto findings = find_all(parsed, here);
  if (!findings) return std::unexpected(std::move(findings.error()));

  Config config;
  std::optional<LogLine> refusal;
  for_each_setting(config.settings, [&]<typename T>(const Key& key, Setting<T>& setting) {
    const auto flag = std::ranges::find(parsed.settings, key.flag.name,
                                        [](const flags::Setting& one) { return one.flag->name; });
    setting.value = std::get<T>(flag->value);
    if (flag->given) {
      setting.from = {Origin::Source::kFlag, "--" + std::string(key.flag.name)};
      return;
    }
    const auto given = findings->values.find(&key);
    if (given == findings->values.end()) return;
    auto value = value_of(key, given->second);
    const std::vector<std::pair<std::string, std::string>> fields = {{"key", std::string(key.flag.name)},
                                                                     {"source", given->second.from.place},
                                                                     {"error", value ? "" : value.error()}};
    if (value) {
      if (!*value) return;
      setting.value = std::get<T>(std::move(**value));
      setting.from = given->second.from;
    } else if (key.flag.name == "export-rate-limit") {
      findings->warnings.push_back(
          {LogLevel::kWarning, "Failed to parse export-rate-limit, using no limit", fields});
    } else if (!refusal) {
      refusal = LogLine{LogLevel::kError, "Failed to read configuration", fields};
    }
  });
  if (refusal) return std::unexpected(std::move(*refusal));

  config.warnings = std::move(findings->warnings);
  auto meaning = validate(config.settings, config.warnings);
  if (!meaning) return std::unexpected(std::move(meaning.error()));
  config.meaning = std::move(*meaning);
  return config;
}

}  // namespace tripline::config
