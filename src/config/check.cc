// SPDX-License-Identifier: Apache-2.0
#include "config/check.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/go_text.h"

namespace tripline::config {
namespace {

std::string shown(const flags::Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text ? go_quoted(*text) : flags::value_text(value);
}

}  // namespace

std::string check_config(const Config& config) {
  std::string out;
  for (const LogLine& warning : config.warnings) out += warning.text() + "\n";
  if (!out.empty()) out += "\n";

  size_t name_width = 0;
  size_t value_width = 0;
  for_each_setting(config.settings, [&](const Key& key, const auto& setting) {
    name_width = std::max(name_width, key.flag.name.size());
    // A long value does not push all others to the right.
    const size_t width = shown(setting.value).size();
    if (width <= 40) value_width = std::max(value_width, width);
  });
  std::string idle;
  for_each_setting(config.settings, [&](const Key& key, const auto& setting) {
    const std::string from = setting.is_set() ? setting.from.place : "default";
    out += fmt::format("{:<{}}  {:<{}}  {}\n", key.flag.name, name_width, shown(setting.value), value_width,
                       from);
    if (setting.is_set() && !key.no_effect.empty())
      idle += fmt::format("{:<{}}  {}\n", key.flag.name, name_width, key.no_effect);
  });
  if (!idle.empty()) out += "\nThese settings have no effect:\n" + idle;
  return out;
}

}  // namespace tripline::config
