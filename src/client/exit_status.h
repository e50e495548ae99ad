// SPDX-License-Identifier: Apache-2.0
// The exit status of a client's command that failed, whatever the reason: scripts of users of tetra expect no other.
#pragma once

namespace tripline {

inline constexpr int kFailed = 1;

}  // namespace tripline
