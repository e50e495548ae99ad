// SPDX-License-Identifier: Apache-2.0
// Why an event came, on its way from the agent to a reader that asked for it by a header of its call. To others nothing is
// sent. What is sent follows the event's own bytes as one more field, whose number the API's messages do not use: all
// events stay the bytes that readers share, and whoever does not know the field passes over it.
//
// The surprise: so a message keeps it among its unknown fields, and no printer of messages shows it.
#pragma once

#include <string>
#include <string_view>

#include "event/event.h"

namespace tetragon {
class GetEventsResponse;
}

namespace tripline {

// The header, and what it says; anything else asks for nothing.
inline constexpr const char* kWhyHeader = "tripline-why";
inline constexpr const char* kWhyAsked = "1";
// From the range that is left to whoever uses a message among themselves.
inline constexpr int kWhyField = 50'001;

// The bytes of an event with its Why; unchanged where there is none.
[[nodiscard]] std::string with_why(std::string bytes, const Why& why);

// What came with an event. Empty when nothing did, or what came is damaged.
[[nodiscard]] Why why_of(const tetragon::GetEventsResponse& message);
// The same of a line of JSON that shows it (render/why.h).
[[nodiscard]] Why why_of_line(std::string_view json);

}  // namespace tripline
