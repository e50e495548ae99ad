// SPDX-License-Identifier: Apache-2.0
// The names that numbers have in events: enumerators of the API, as both the JSON and the messages spell them. A
// number without a name gives an empty string; JSON then shows the number.
#pragma once

#include <cstdint>
#include <string_view>

#include "event/event.h"

namespace tripline {

// "CAP_NET_RAW" for 13. Capability 1 is DAC_OVERRIDE, without the prefix: so it stands in the API.
[[nodiscard]] std::string_view capability_name(uint32_t number);

// "SecBitNoRoot" for bit 0.
[[nodiscard]] std::string_view securebit_name(uint32_t bit);

// "TAINT_PROPRIETARY_MODULE" for bit 0.
[[nodiscard]] std::string_view taint_name(uint32_t bit);

// "BPF_MAP_CREATE" for 0.
[[nodiscard]] std::string_view bpf_cmd_name(uint32_t number);

// "THROTTLE_START".
[[nodiscard]] std::string_view throttle_name(ProcessThrottle::Type type);

// "KPROBE_ACTION_POST".
[[nodiscard]] std::string_view action_name(Action action);

}  // namespace tripline
