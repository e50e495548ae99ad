// SPDX-License-Identifier: Apache-2.0
// `getevents`: events of an agent, or of lines on standard input, as JSON or as compact lines.
#pragma once

#include <string>

#include "client/channel.h"
#include "flags/parse.h"

namespace tetragon {
class GetEventsRequest;
class GetInfoResponse;
}  // namespace tetragon

namespace tripline {

[[nodiscard]] int stream_events(const flags::Parsed& parsed, Channel& channel);

// What the flags ask for: one filter of all of them, and the fields that events keep or lose.
[[nodiscard]] tetragon::GetEventsRequest events_request(const flags::Parsed& parsed);

// One line: {"Name":...,"Version":...,"Probes":{...},"Conf":{...},"Build":{...}}.
[[nodiscard]] std::string info_json(const tetragon::GetInfoResponse& info);

}  // namespace tripline
