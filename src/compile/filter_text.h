// SPDX-License-Identifier: Apache-2.0
// A filter as people read it: what it looks at, an operator of the language, values. Arguments are numbered as they stand in
// the event.
#pragma once

#include <cstddef>
#include <limits>
#include <string>

#include "policy/checked.h"

namespace tripline {

// At most `most` of its values are shown, and how many there are besides.
[[nodiscard]] std::string filter_text(const Filter& filter, size_t most = std::numeric_limits<size_t>::max());

// Where it is written.
[[nodiscard]] int line_of(const Filter& filter);

}  // namespace tripline
