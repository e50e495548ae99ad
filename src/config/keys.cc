// SPDX-License-Identifier: Apache-2.0
#include "config/keys.h"

#include <algorithm>
#include <cctype>
#include <iterator>

namespace tripline::config {
namespace {

// clang-format off
constexpr Key kKeys[] = {
#define TRIPLINE_KEY(type_, member, name_, letter_, default_, help_, no_effect_)                                        \
  {{.name = name_, .letter = letter_, .type = flags::Type::k##type_, .fallback = default_, .help = help_,              \
    .hidden = std::string_view(name_).ends_with("profile")}, no_effect_},
#include "config/keys.inc"
#undef TRIPLINE_KEY
};
// clang-format on

static_assert(std::ranges::is_sorted(kKeys, {}, [](const Key& key) { return key.flag.name; }));

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

}  // namespace

std::span<const Key> keys() { return kKeys; }

const Key* find_key(std::string_view name) {
  const Key* key = std::ranges::find_if(
      kKeys, [&](const Key& one) { return std::ranges::equal(one.flag.name, name, {}, {}, lower); });
  return key == std::end(kKeys) ? nullptr : key;
}

bool is_own(const Key& key) { return key.flag.name == "export-format"; }

std::string environment_name(std::string_view key) {
  std::string name = "TETRAGON_";
  for (const char c : key)
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

}  // namespace tripline::config
