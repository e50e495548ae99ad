// SPDX-License-Identifier: Apache-2.0
// Why an event came, beside the event's own line: another member of the JSON, or lines of text behind the compact one.
#pragma once

#include <string>
#include <string_view>

#include "event/event.h"

namespace tripline {

// `line` is an event's JSON; without a Why it is left as it is.
[[nodiscard]] std::string json_with_why(std::string_view line, const Why& why);

// Lines, each with a line end before it; empty without a Why.
[[nodiscard]] std::string why_text(const Why& why);

}  // namespace tripline
