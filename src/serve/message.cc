// SPDX-License-Identifier: Apache-2.0
#include "serve/message.h"

#include "serve/encode.h"
#include "tetragon/events.pb.h"

namespace tripline {

// There is one list of what an event says, and encode.cc has it: a message is made of its bytes.
void to_message(const Event& event, const Node& node, tetragon::GetEventsResponse& out) {
  (void)out.ParseFromString(EventEncoder(node).encode(event));
}

void to_message(const Shown& shown, tetragon::Process& out) {
  (void)out.ParseFromString(EventEncoder({}).encode(shown));
}

}  // namespace tripline
