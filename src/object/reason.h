// SPDX-License-Identifier: Apache-2.0
// Reason: which selector of which policy let an event through, and what it asked. Text for people; nothing is decided by it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tripline {

// A filter that held.
struct HeldFilter {
  std::string text;
  uint32_t line = 0;  // of the document; 0: it stands in no line of its own
  bool operator==(const HeldFilter&) const = default;
};

struct Reason {
  std::string file;       // the policy's document
  uint32_t line = 0;      // of the selector
  uint32_t selector = 0;  // its position in the hook
  std::string label;
  bool implied = false;  // the document has no selector there: every call matches
  std::vector<HeldFilter> held;
  bool operator==(const Reason&) const = default;
};

}  // namespace tripline
