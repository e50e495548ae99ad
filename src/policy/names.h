// SPDX-License-Identifier: Apache-2.0
// What policies call numbers of the kernel. Names are matched exactly, but for capabilities, which may be written in
// small letters. Private to the policy room.
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
