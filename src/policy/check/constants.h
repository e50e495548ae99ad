// SPDX-License-Identifier: Apache-2.0
// Names that policies use for kernel constants. Names are matched exactly, except capabilities, which may be in lower
// case. Private to the policy room.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tripline::policy {

[[nodiscard]] std::optional<uint32_t> family_number(std::string_view name);    // "AF_INET"
[[nodiscard]] std::optional<uint32_t> protocol_number(std::string_view name);  // "IPPROTO_TCP"
[[nodiscard]] std::optional<uint32_t> state_number(std::string_view name);     // "TCP_LISTEN"

// The set of capabilities that `names` lists, with commas in between; on failure the one that there is not.
struct CapabilityNames {
  uint64_t set = 0;
  std::optional<std::string_view> unknown;
};
[[nodiscard]] CapabilityNames capability_set(std::string_view names);

}  // namespace tripline::policy
