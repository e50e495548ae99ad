// SPDX-License-Identifier: Apache-2.0
// The record of a match: fields, data that goes ahead, the owner of a socket, stacks, a hash; and the rate limits, which
// compare records by what they hold.
#pragma once

#include <cstddef>
#include <cstdint>

#include "compile/judge/judging.h"

namespace tripline {

// Sends the record of a match of `selector`, unless a rate limit keeps it back.
void write_record(const Judging& judging, size_t section, size_t selector);

// Does the record say whose the sockets in it are?
[[nodiscard]] bool shows_owner(const CheckedPolicy& policy, const CheckedHook& hook);
// Does the event show the argument?
[[nodiscard]] bool is_shown(const CheckedArg& arg);

}  // namespace tripline
