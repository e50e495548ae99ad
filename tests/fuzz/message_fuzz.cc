// SPDX-License-Identifier: Apache-2.0
// What another agent sends, as bytes or as a JSON line: whatever is in it, an Event can be shown, and is the same event
// once it has been a message of ours. So is what says why it came.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/input.h"
#include "render/compact.h"
#include "render/json.h"
#include "render/why.h"
#include "serve/encode.h"
#include "serve/from_message.h"
#include "serve/message_json.h"
#include "serve/why.h"
#include "tetragon/events.pb.h"

// NOLINTNEXTLINE(readability-identifier-naming): the fuzzer's driver calls it by this name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tripline;
  using fuzz::require;
  tetragon::GetEventsResponse message;
  const std::string_view bytes = fuzz::text_of(data, size);
  const bool read = bytes.starts_with('{') ? message_from_json(bytes, message)
                                           : message.ParseFromArray(data, static_cast<int>(size));
  if (!read) return 0;
  const Why why = bytes.starts_with('{') ? why_of_line(bytes) : why_of(message);
  if (const std::string line = message_to_json(message); !line.empty())
    require(why_text(why_of_line(json_with_why(line, why))) == why_text(why));
  tetragon::GetEventsResponse carrier;
  require(carrier.ParseFromString(with_why({}, why)) && why_text(why_of(carrier)) == why_text(why));

  const Received received = from_message(message);
  if (!received.event) return 0;
  const std::string shown = to_json(*received.event, received.node);
  const std::string compact = to_compact(*received.event, received.node);
  require(!shown.empty() && !compact.empty());
  tetragon::GetEventsResponse ours;
  require(ours.ParseFromString(EventEncoder(received.node).encode(*received.event)));
  const Received again = from_message(ours);
  require(again.event && again.whole);
  require(to_json(*again.event, again.node) == shown);
  require(to_compact(*again.event, again.node) == compact);
  return 0;
}
