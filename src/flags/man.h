// SPDX-License-Identifier: Apache-2.0
// Manual pages in roff's man macros: one for each command that is shown.
#pragma once

#include <string>
#include <vector>

#include "flags/command.h"

namespace tripline::flags {

struct ManualPage {
  std::string name;  // of the file: "tetra-tracingpolicy-add.1"
  std::string text;
};

// `section`: "1" for programs of everybody, "8" for the administrator's. `version` stands in the footer.
[[nodiscard]] std::vector<ManualPage> manual_pages(const Command& root, std::string_view section,
                                                   std::string_view version);

}  // namespace tripline::flags
