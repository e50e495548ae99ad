// SPDX-License-Identifier: Apache-2.0
// The list of policies as text: one row each, columns as wide as they need to be, three blanks apart.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tetragon {
class ListTracingPoliciesResponse;
}

namespace tripline {

// Rows of equal length; the last column is not filled up. Each line begins with `indent`.
[[nodiscard]] std::string table_text(const std::vector<std::vector<std::string>>& rows,
                                     const std::string& indent = {});

[[nodiscard]] std::string policy_table(const tetragon::ListTracingPoliciesResponse& list);

// In decimal units: "0 B", "1.23 MB".
[[nodiscard]] std::string bytes_text(uint64_t bytes);

}  // namespace tripline
