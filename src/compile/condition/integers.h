// SPDX-License-Identifier: Apache-2.0
// Comparisons of integers. Every operator but Mask asks whether a number is in a set; a set is a list of disjoint
// ranges, whatever the operator, and is searched by a decision tree over immediates. Numbers are compared as unsigned
// ones of the type's width, in which a signed range is one or two ranges: no sign bit needs care.
#pragma once

#include <cstdint>
#include <vector>

#include "compile/builder.h"
#include "policy/checked.h"

namespace tripline {

struct IntSet {
  struct Range {
    uint64_t low = 0;
    uint64_t high = 0;  // included
    bool operator==(const Range&) const = default;
  };
  uint32_t bits = 64;
  std::vector<Range> ranges;  // sorted, disjoint, not adjacent

  void add(const IntSet& other);
};

// The numbers for which `filter`, whose operator is not kMask, holds.
[[nodiscard]] IntSet set_of(const IntFilter& filter, IntegerShape shape);

// Goes to `yes` when the low bits of `number` are in the set, else to `no`.
void test_set(Builder& builder, const IntSet& set, ir::Value number, Label yes, Label no);

// On when `filter` holds for the low bits of `number`, else to `no`.
void test_integer(Builder& builder, const IntFilter& filter, IntegerShape shape, ir::Value number, Label no);

// The number of the shape in the low bits of `number`, extended to 64 bits, in a value of its own.
[[nodiscard]] ir::Value extended(Builder& builder, IntegerShape shape, ir::Value number);

}  // namespace tripline
