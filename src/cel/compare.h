// SPDX-License-Identifier: Apache-2.0
// Equality and order of values. Values of different types are unequal, except numbers: those are compared by what they
// are worth, whatever their types. NaN is equal to nothing.
#pragma once

#include <compare>
#include <optional>

#include "cel/frame.h"
#include "cel/value.h"

namespace tripline::cel {

// Spends what it costs; false when the budget is spent.
[[nodiscard]] bool equal(Frame& frame, const Value& left, const Value& right);

// Of two numbers of any types, or of two values of one type that has an order; absent for all others.
[[nodiscard]] std::optional<std::partial_ordering> order(const Value& left, const Value& right);

}  // namespace tripline::cel
