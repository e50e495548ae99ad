// SPDX-License-Identifier: Apache-2.0
// The actions of the policy language, one row for each, in the order of the language: enumerator, name in a policy, number
// in programs, does it change what the process does, name in the API (behind KPROBE_ACTION_), its number there.
#pragma once

#include <cstdint>

namespace tripline {

// clang-format off
#define TRIPLINE_ACTIONS(X)                                                                                    \
  X(kPost, "Post", 0, false, "POST", 1)                                                                        \
  X(kSigkill, "Sigkill", 2, true, "SIGKILL", 3)                                                                \
  X(kSignal, "Signal", 3, true, "SIGNAL", 10)                                                                  \
  X(kOverride, "Override", 4, true, "OVERRIDE", 5)                                                             \
  X(kGetUrl, "GetUrl", 5, false, "GETURL", 7)                                                                  \
  X(kDnsLookup, "DnsLookup", 6, false, "DNSLOOKUP", 8)                                                         \
  X(kNoPost, "NoPost", 1, false, "NOPOST", 9)                                                                  \
  X(kTrackSock, "TrackSock", 8, false, "TRACKSOCK", 11)                                                        \
  X(kUntrackSock, "UntrackSock", 9, false, "UNTRACKSOCK", 12)                                                  \
  X(kNotifyEnforcer, "NotifyEnforcer", 10, true, "NOTIFYENFORCER", 13)                                         \
  X(kCleanupEnforcerNotification, "CleanupEnforcerNotification", 11, false, "CLEANUPENFORCERNOTIFICATION", 14) \
  X(kSet, "Set", 7, true, "SET", 15)
// clang-format on

// One that a program or the agent performs.
enum class ActionName : uint8_t {
#define TRIPLINE_ACTION_VALUE(name, word, number, ...) name = number,
  TRIPLINE_ACTIONS(TRIPLINE_ACTION_VALUE)
#undef TRIPLINE_ACTION_VALUE
};

#define TRIPLINE_ACTION_COUNT(...) +1
inline constexpr unsigned kActionNames = TRIPLINE_ACTIONS(TRIPLINE_ACTION_COUNT);
#undef TRIPLINE_ACTION_COUNT

}  // namespace tripline
