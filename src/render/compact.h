// SPDX-License-Identifier: Apache-2.0
// An Event as one line for people: `EMOJI LABEL SOURCE BINARY DETAILS`, and further lines for stacks and hashes. What
// a kprobe event shows depends on the function it comes from; compact_kprobe.cc has one table of them. A function that
// is not in it is shown by name.
// Strings that a process chose are quoted when they could break the line or the terminal.
#pragma once

#include <string>

#include "event/event.h"

namespace tripline {

struct CompactOptions {
  bool colours = false;      // ANSI sequences, for a terminal
  bool timestamps = false;   // the event's time first
  bool stack_traces = true;  // a line for each frame of an event's stacks
  bool ima_hash = true;      // a line with a file and its hash
};

// Without the line end.
[[nodiscard]] std::string to_compact(const Event& event, const Node& node,
                                     const CompactOptions& options = {});

}  // namespace tripline
