// SPDX-License-Identifier: Apache-2.0
// Whether one filter passes whenever another does. Private to the policy room.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "policy/checked.h"

namespace tripline::policy {

// Filters are about `args`, which must outlive it. Takes from `budget` what it costs, about the number of values that it
// compares; when nothing is left, it knows of no implication.
class Implication {
 public:
  Implication(std::span<const CheckedArg> args, size_t& budget) : args_(args), budget_(budget) {}

  // Do all of `then` pass when all of `given` do? False when that is not certain.
  [[nodiscard]] bool holds(const std::vector<Filter>& given, const std::vector<Filter>& then) const;

 private:
  [[nodiscard]] bool holds(const Filter& given, const Filter& then) const;
  [[nodiscard]] bool spend(size_t cost) const;

  std::span<const CheckedArg> args_;
  size_t& budget_;
};

}  // namespace tripline::policy
