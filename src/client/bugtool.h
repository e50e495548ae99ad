// SPDX-License-Identifier: Apache-2.0
// `bugtool`: one archive with the facts that help to debug an agent on this machine. Whatever cannot be read is left
// out, and the archive's own log says why.
#pragma once

#include "client/channel.h"
#include "flags/parse.h"

namespace tripline {

[[nodiscard]] int collect_bug_report(const flags::Parsed& parsed, Channel& channel);

}  // namespace tripline
