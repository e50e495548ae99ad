// SPDX-License-Identifier: Apache-2.0
// What a flag can hold: the types, and their values from and to text.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "flags/duration.h"

namespace tripline::flags {

enum class Type {
  kBool,
  kInt,
  kUint,
  kDuration,
  kString,
  kStrings,  // comma-separated, and given again adds
  kTexts,    // a list that nothing separates: given again adds
  kChoice,   // one of the flag's words
  kChoices,  // one of them each time it is given
};

using Value = std::variant<bool, int64_t, uint64_t, Duration, std::string, std::vector<std::string>>;

// The value that `text` is. Of the types with words, `choices` has them, in the order in which messages list them. The error says
// what is wrong with the text, not which flag it belongs to.
[[nodiscard]] std::expected<Value, std::string> parse_value(Type type, std::string_view text,
                                                            std::span<const std::string_view> choices = {});

// As help shows a default: `30s`, `[a,b]`.
[[nodiscard]] std::string value_text(const Value& value);

// The word for a value of the type in a usage line; "" for a bool, which needs none.
[[nodiscard]] std::string_view type_name(Type type);

}  // namespace tripline::flags
