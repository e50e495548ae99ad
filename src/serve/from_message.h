// SPDX-License-Identifier: Apache-2.0
// A message of the API as an Event, for a client that shows what it receives. The agent at the other end may be another
// implementation or a later one, so a message can say what no Event says.
#pragma once

#include <memory>
#include <optional>

#include "event/event.h"

namespace tetragon {
class GetEventsResponse;
}

namespace tripline {

struct Received {
  Node node;
  // Absent when the message holds no event, or one of a kind that Event does not have.
  std::optional<Event> event;
  // The event and the node say all that the message says. Otherwise only message_json.h shows the rest.
  bool whole = false;
};

[[nodiscard]] Received from_message(const tetragon::GetEventsResponse& message);

}  // namespace tripline
