// SPDX-License-Identifier: Apache-2.0
// The daemon's settings from everywhere: the first part is a file of YAML; each of the others is a flag when it begins with a
// dash, a variable when it begins with TETRAGON_, else KEY=VALUE for a drop-in file. What is accepted is accepted, with the
// same values, when all of it is given as flags.
#include <string>
#include <vector>

#include "config/check.h"
#include "config/daemon.h"
#include "config/load.h"
#include "flags/csv.h"
#include "fuzz/input.h"
#include "fuzz/temporary.h"

namespace {

using namespace tripline;
using fuzz::require;

constexpr size_t kMost = 12;
const std::string kDropIns = "etc/tetragon/tetragon.conf.d/";

std::string flag_text(const std::string& value) { return value; }
std::string flag_text(const std::vector<std::string>& value) { return flags::csv_text(value); }
template <typename T>
std::string flag_text(const T& value) {
  return flags::value_text(flags::Value(value));
}

std::expected<config::Config, LogLine> load(const std::vector<std::string_view>& words,
                                            const config::Surroundings& here, bool& parsed) {
  const flags::Outcome outcome = flags::parse(config::agent_command(), words);
  parsed = std::holds_alternative<flags::Parsed>(outcome);
  if (!parsed) return std::unexpected(LogLine{});
  return config::load(std::get<flags::Parsed>(outcome), here);
}

// A list that holds no more than an empty text cannot be told from an empty one.
bool as_flags(const config::Settings& settings, std::vector<std::string>& out) {
  bool can_be = true;
  config::for_each_setting(settings, [&]<typename T>(const config::Key& key, const config::Setting<T>& one) {
    if (!one.is_set()) return;
    const std::string text = flag_text(one.value);
    if constexpr (std::is_same_v<T, std::vector<std::string>>)
      can_be = can_be && flags::parse_csv(text) == one.value;
    out.push_back("--" + std::string(key.flag.name) + "=" + text);
  });
  return can_be;
}

void give_as_flags(const config::Config& config, const std::string& root) {
  std::vector<std::string> texts;
  if (!as_flags(config.settings, texts)) return;
  bool parsed = false;
  const auto again = load({texts.begin(), texts.end()}, {.root = root, .folder = "/"}, parsed);
  require(parsed && again.has_value());
  std::vector<std::string> given;
  require(as_flags(again->settings, given) && given == texts);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the fuzzer's driver calls it by this name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const fuzz::Folder kFolder;
  static const fuzz::Folder kEmpty;
  const auto parts = fuzz::parts_of(fuzz::text_of(data, size), '\0', kMost);
  kFolder.put("etc/tetragon/tetragon.yaml", parts.front());
  std::filesystem::remove_all(kFolder.path(kDropIns));

  config::Surroundings here{.root = kFolder.path(), .folder = "/"};
  std::vector<std::string_view> words;
  for (const std::string_view part : std::span(parts).subspan(1)) {
    const size_t equals = std::min(part.find('='), part.size());
    const std::string name(part.substr(0, equals));
    if (part.starts_with('-'))
      words.push_back(part);
    else if (part.starts_with("TETRAGON_"))
      here.environment.emplace_back(part);
    else if (!name.empty() && name.size() < 200 && !name.contains('/') && !name.starts_with('.'))
      kFolder.put(kDropIns + name, part.substr(std::min(equals + 1, part.size())));
  }
  bool parsed = false;
  const auto config = load(words, here, parsed);
  if (!config) {
    require(!parsed || !config.error().text().empty());
    return 0;
  }
  require(!config::check_config(*config).empty());
  for (const LogLine& warning : config->warnings) require(!warning.text().empty());
  // A folder that settings name is there once, and then is not asked for again.
  if (config->settings.config_dir.value.empty()) give_as_flags(*config, kEmpty.path());
  return 0;
}
