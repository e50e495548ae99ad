// SPDX-License-Identifier: Apache-2.0
// An Event as the message of the API, for who wants to take fields from it or ask for them by name. Readers that want
// all of it are sent the bytes (encode.h), which cost a tenth.
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
