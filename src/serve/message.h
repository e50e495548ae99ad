// SPDX-License-Identifier: Apache-2.0
// An Event as the message of the API. It says what the event's JSON line says: scalars that are zero are left out,
// wrapped numbers are there whenever they are set.
//
// Its strings are those of the event, which are valid UTF-8; a reader would give up at one that is not.
#pragma once

#include "event/event.h"

namespace tetragon {
class GetEventsResponse;
class Process;
}  // namespace tetragon

namespace tripline {

// `out` is empty.
void to_message(const Event& event, const Node& node, tetragon::GetEventsResponse& out);

// A process alone, as a dump of all of them shows it.
void to_message(const Shown& shown, tetragon::Process& out);

}  // namespace tripline
