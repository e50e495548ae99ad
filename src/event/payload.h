// SPDX-License-Identifier: Apache-2.0
// The payload of a hook record's event: everything but its processes. Of a call whose entry and return have a record
// each, this is the payload of the one half; halves.h makes them one.
#pragma once

#include "event/decode.h"
#include "event/event.h"

namespace tripline {

[[nodiscard]] Action action_of(ActionName name);

// Its bytes; empty when it is not known.
[[nodiscard]] std::string build_id_of(const tl_build_id& id);

// Only what kind it is and which policy it is of: the rest may still be another event's.
void set_kind(Payload& payload, const HookRecord& record);
// Whatever `payload` was before; of one of the same kind the memory serves again.
void set_payload(Payload& payload, const HookRecord& record);
[[nodiscard]] Payload payload_of(const HookRecord& record);

}  // namespace tripline
