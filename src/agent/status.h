// SPDX-License-Identifier: Apache-2.0
// The reported status of a policy of the set, from the counters of its programs.
#pragma once

#include <string_view>
#include <utility>

#include "agent/prepare.h"
#include "agent/set.h"
#include "event/policy_status.h"

namespace tripline {

// The name of the sensor that has hooks of a kind, in the API and in metrics.
inline constexpr std::pair<HookKind, std::string_view> kSensorNames[] = {
    {HookKind::kKprobe, "generic_kprobe"},
    {HookKind::kFentry, "generic_fentry"},
    {HookKind::kTracepoint, "generic_tracepoint"},
    {HookKind::kLsm, "generic_lsm"},
    {HookKind::kUprobe, "generic_uprobe"},
    {HookKind::kUsdt, "generic_usdt"},
    {HookKind::kLoader, "__loader__"},
};

// Selectors in the order of the document's sections. A call that is posted when it returns counts as posted once its
// beginning was written, whatever becomes of the return.
[[nodiscard]] PolicyStatus status_of(const Member& member, bool enforces, const PartCounts& counts);

}  // namespace tripline
