// SPDX-License-Identifier: Apache-2.0
// An Event back from its JSON, for tests: the recordings of Tetragon are text, and what we make of the event that the
// text describes must be that text. Recordings hide numbers that vary behind "N"; they are read as kHidden.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "event/event.h"

namespace tripline::test {

inline constexpr uint32_t kHidden = 4242424242;

// Absent when the text is no event, or one of a kind that Event does not hold. A member or an argument that is not
// known makes a failure of the running test.
std::optional<Event> read_event(const std::string& line);

}  // namespace tripline::test
