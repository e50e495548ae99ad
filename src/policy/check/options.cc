// SPDX-License-Identifier: Apache-2.0
// spec.options.
#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>

#include "policy/check/check.h"
#include "policy/number.h"

namespace tripline::policy {
namespace {

constexpr auto kTrue = std::to_array<std::string_view>({"1", "t", "T", "TRUE", "true", "True"});
constexpr auto kFalse = std::to_array<std::string_view>({"0", "f", "F", "FALSE", "false", "False"});
constexpr auto kModes = std::to_array<std::string_view>({"enforce", "monitor"});
constexpr auto kOverrideMethods = std::to_array<std::string_view>({"fmod-ret", "override-return"});

bool contains(std::span<const std::string_view> words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

// Where to point at when an option's value is wrong: the value, or the name when it has none.
Span value_span(const Option& option) {
  return option.value.span.line > 0 ? option.value.span : option.name.span;
}

void check_choice(const Checking& checking, const Option& option, std::span<const std::string_view> choices) {
  if (contains(choices, option.value.value)) return;
  checking.out.error(value_span(option),
                     quoted(option.value.value) + " is not a valid value of " + option.name.value,
                     "one of " + listed(choices), did_you_mean(option.value.value, choices));
}

void check_flag(const Checking& checking, const Option& option) {
  if (contains(kTrue, option.value.value) || contains(kFalse, option.value.value)) return;
  checking.out.error(value_span(option),
                     quoted(option.value.value) + " is not a valid value of " + option.name.value,
                     "true or false");
}

void check_size(const Checking& checking, const Option& option) {
  const auto number = parse_integer(option.value.value);
  if (!number || number->negative || number->magnitude == 0) {
    checking.out.error(value_span(option),
                       quoted(option.value.value) + " is not a valid value of " + option.name.value,
                       "an integer above 0");
  }
}

}  // namespace

void check_options(const Checking& checking) {
  for (const Option& option : checking.policy.spec.options) {
    const auto name = parse_word<OptionName>(option.name.value);
    if (!name) {
      checking.out.warning(option.name.span, "unknown option " + quoted(option.name.value) + " has no effect",
                           "one of " + listed(Words<OptionName>::all),
                           did_you_mean(option.name.value, Words<OptionName>::all));
      continue;
    }
    switch (*name) {
      case OptionName::kDisableKprobeMulti:
      case OptionName::kDisableUprobeMulti:
        check_flag(checking, option);
        break;
      case OptionName::kOverrideMethod:
        check_choice(checking, option, kOverrideMethods);
        break;
      case OptionName::kPolicyMode:
        check_choice(checking, option, kModes);
        break;
      case OptionName::kSleepablePreloadSize:
        check_size(checking, option);
        break;
    }
  }
}

bool option_is_on(const Spec& spec, OptionName name) {
  const Option* option = last_option(spec, name);
  return option != nullptr && contains(kTrue, option->value.value);
}

const Option* last_option(const Spec& spec, OptionName name) {
  const Option* found = nullptr;
  for (const Option& option : spec.options) {
    if (option.name.value == word(name)) found = &option;
  }
  return found;
}

}  // namespace tripline::policy
