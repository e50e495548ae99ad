// SPDX-License-Identifier: Apache-2.0
// One evaluation: the values of names, and the remaining budget. Once the budget is spent, the result of any further
// evaluation is an error, which no operator absorbs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "cel/value.h"

namespace tripline::cel {

struct Node;
struct Prepared;

// Far more than an expression needs that is meant to be useful.
struct Budget {
  int64_t steps = 1'000'000;          // nodes, elements and hundreds of bytes
  int64_t bytes = int64_t{32} << 20;  // of all values made, also of those that are gone
};

// A name that a macro binds.
struct Slot {
  std::optional<Outcome> value;  // of a Let: absent until it is used
  const Node* later = nullptr;   // what gives it
};

class Frame {
 public:
  Frame(Budget budget, std::span<const std::optional<Value>> values, size_t slot_count)
      : variables(values), slots(slot_count), left_(budget) {}

  // False when the budget is spent. `made`: values.
  [[nodiscard]] bool spend(size_t steps, size_t made_bytes = 0) {
    left_.steps -= static_cast<int64_t>(steps);
    left_.bytes -= static_cast<int64_t>(made_bytes);
    return !spent();
  }
  // For what looks at, or makes, so many bytes.
  [[nodiscard]] bool spend_on_bytes(size_t looked_at, size_t made_bytes = 0) {
    return spend(looked_at / 128, made_bytes);
  }
  [[nodiscard]] bool spent() const { return left_.steps < 0 || left_.bytes < 0; }
  [[nodiscard]] std::unexpected<std::string> exhausted() const {
    return failed(left_.steps < 0 ? "the expression takes too many steps"
                                  : "the expression takes too much memory");
  }

  std::span<const std::optional<Value>> variables;
  std::vector<Slot> slots;
  const Prepared* prepared = nullptr;  // of the call that is being made

 private:
  Budget left_;
};

// What elements of a list, or entries of a map, take.
inline constexpr size_t kBytesOfElement = sizeof(Value);

}  // namespace tripline::cel
