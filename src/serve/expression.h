// SPDX-License-Identifier: Apache-2.0
// Expressions of CEL where events are Events, or lines of JSON.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "event/event.h"
#include "filter/event_filter.h"

namespace tripline {

// For FilterOptions::compile_cel. `node` is the one whose events they are.
[[nodiscard]] std::function<std::expected<Matcher, std::string>(const std::string& expression)> cel_compiler(
    Node node);

struct Evaluated {
  enum class Kind : uint8_t { kValue, kFailed, kWrong };  // kWrong: it does not parse, or its types are wrong
  Kind kind = Kind::kValue;
  std::string text;  // the value as one would write it, or why there is none
};

// Over the event in `json`, if it is given.
[[nodiscard]] Evaluated evaluate_expression(std::string_view expression,
                                            std::optional<std::string_view> json);

}  // namespace tripline
