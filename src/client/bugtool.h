// SPDX-License-Identifier: Apache-2.0
// `bugtool`: one archive with what helps to find out what is wrong with an agent on this machine. What cannot be had is
// left out, and the archive's own log says why.
#pragma once

#include "client/channel.h"
#include "flags/parse.h"

namespace tripline {

[[nodiscard]] int collect_bug_report(const flags::Parsed& parsed, Channel& channel);

}  // namespace tripline
