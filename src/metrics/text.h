// SPDX-License-Identifier: Apache-2.0
// A page in Prometheus's text format, version 0.0.4. A metric without series is omitted, as its readers expect.
#pragma once

#include <string>

#include "metrics/page.h"

namespace tripline {

[[nodiscard]] std::string text_of(const Page& page);

}  // namespace tripline
