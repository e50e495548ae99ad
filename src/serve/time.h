// SPDX-License-Identifier: Apache-2.0
// Times in events, as text in UTC. All are nanoseconds since 1970.
#pragma once

#include <cstdint>
#include <string>

namespace tripline {

// RFC 3339 with as many digits as the fraction needs in steps of three: none, 3, 6 or 9.
[[nodiscard]] std::string rfc3339(int64_t time);

// RFC 3339 with nine digits always.
[[nodiscard]] std::string rfc3339_nano(int64_t time);

}  // namespace tripline
