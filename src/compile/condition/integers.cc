// SPDX-License-Identifier: Apache-2.0
#include "compile/condition/integers.h"

#include <algorithm>
#include <cassert>
#include <span>
#include <utility>

namespace tripline {
namespace {

using enum ir::Compare;
using ir::Value;
using ir::Width;
using Range = IntSet::Range;

// Up to so many ranges a chain of comparisons beats a search.
constexpr size_t kChainMax = 3;

uint64_t largest(uint32_t bits) { return bits == 64 ? UINT64_MAX : (uint64_t{1} << bits) - 1; }

// Sorts, and joins what overlaps or touches.
void normalize(std::vector<Range>& ranges) {
  std::ranges::sort(ranges, {}, [](const Range& range) { return std::pair(range.low, range.high); });
  std::vector<Range> out;
  for (const Range& range : ranges) {
    if (!out.empty() && (out.back().high == UINT64_MAX || range.low <= out.back().high + 1)) {
      out.back().high = std::max(out.back().high, range.high);
    } else {
      out.push_back(range);
    }
  }
  ranges = std::move(out);
}

std::vector<Range> others(const std::vector<Range>& ranges, uint32_t bits) {
  std::vector<Range> out;
  uint64_t next = 0;
  for (const Range& range : ranges) {
    if (range.low > next) out.push_back({next, range.low - 1});
    if (range.high == largest(bits)) return out;
    next = range.high + 1;
  }
  out.push_back({next, largest(bits)});
  return out;
}

// From low to high in the order of the type, as unsigned numbers of its width.
void add_range(std::vector<Range>& out, int64_t low, int64_t high, IntegerShape shape) {
  const uint64_t mask = largest(shape.bits);
  const uint64_t first = static_cast<uint64_t>(low) & mask;
  const uint64_t last = static_cast<uint64_t>(high) & mask;
  if (shape.is_signed && low < 0 && high >= 0) {
    out.push_back({first, mask});
    out.push_back({0, last});
  } else {
    out.push_back({first, last});
  }
}

// Unsigned numbers of 64 bits are among them: no overflow.
int64_t moved(int64_t number, int64_t by) {
  return static_cast<int64_t>(static_cast<uint64_t>(number) + static_cast<uint64_t>(by));
}

int64_t lowest(IntegerShape shape) {
  return shape.is_signed ? -static_cast<int64_t>(largest(shape.bits - 1)) - 1 : 0;
}
int64_t highest(IntegerShape shape) {
  return static_cast<int64_t>(largest(shape.is_signed ? shape.bits - 1 : shape.bits));
}

class SetTest {
 public:
  SetTest(Builder& builder, Width width, Value number, Label yes, Label no)
      : builder_(builder), width_(width), number_(number), yes_(yes), no_(no) {}

  // Is the number in one of these? It is known to be at least `low` and at most `high`.
  void run(std::span<const Range> ranges, uint64_t low, uint64_t high) {
    if (ranges.empty()) {
      builder_.jump(no_);
      return;
    }
    if (ranges.size() <= kChainMax) {
      for (size_t n = 0; n < ranges.size(); ++n) {
        one(ranges[n], n + 1 == ranges.size() ? no_ : next(), low, high);
      }
      return;
    }
    const size_t middle = ranges.size() / 2;
    const uint64_t split = ranges[middle].low;
    const Label below = builder_.label("low");
    const Label above = builder_.label("high");
    builder_.branch(kLess, width_, number_, static_cast<int64_t>(split), below, above);
    builder_.place(below);
    run(ranges.first(middle), low, split - 1);
    builder_.place(above);
    run(ranges.subspan(middle), split, high);
  }

 private:
  Label next() { return builder_.label("next"); }

  void one(const Range& range, Label otherwise, uint64_t low, uint64_t high) {
    const auto first = static_cast<int64_t>(range.low);
    const auto last = static_cast<int64_t>(range.high);
    if (range.low <= low && range.high >= high) {
      builder_.jump(yes_);
    } else if (range.low == range.high) {
      builder_.branch(kEqual, width_, number_, first, yes_, otherwise);
    } else if (range.low <= low) {
      builder_.branch(kLessEqual, width_, number_, last, yes_, otherwise);
    } else if (range.high >= high) {
      builder_.branch(kGreaterEqual, width_, number_, first, yes_, otherwise);
    } else {
      builder_.branch_if(kLess, width_, number_, first, otherwise);
      builder_.branch(kLessEqual, width_, number_, last, yes_, otherwise);
    }
    if (otherwise.id != no_.id) builder_.place(otherwise);
  }

  Builder& builder_;
  Width width_;
  Value number_;
  Label yes_;
  Label no_;
};

// What is compared: numbers of less than 32 bits must stand alone in their value.
Value comparable(Builder& builder, uint32_t bits, Value number) {
  if (bits >= 32) return number;
  const Value out = builder.copy(number);
  builder.add(ir::Binary{ir::BinaryOp::kAnd, out, static_cast<int64_t>(largest(bits))});
  return out;
}

}  // namespace

void IntSet::add(const IntSet& other) {
  ranges.insert(ranges.end(), other.ranges.begin(), other.ranges.end());
  normalize(ranges);
}

IntSet set_of(const IntFilter& filter, IntegerShape shape) {
  IntSet out{.bits = shape.bits, .ranges = {}};
  for (const IntRange& value : filter.values) {
    switch (filter.op) {
      case IntFilter::Op::kNotEqual:
      case IntFilter::Op::kNotInRange:
      case IntFilter::Op::kEqual:
      case IntFilter::Op::kInRange:
        add_range(out.ranges, value.low, value.high, shape);
        break;
      case IntFilter::Op::kGreater:
        if (value.low != highest(shape)) add_range(out.ranges, moved(value.low, 1), highest(shape), shape);
        break;
      case IntFilter::Op::kLess:
        if (value.low != lowest(shape)) add_range(out.ranges, lowest(shape), moved(value.low, -1), shape);
        break;
      case IntFilter::Op::kMask:
        assert(false && "a mask is not a set");
        break;
    }
  }
  const bool negated = filter.op == IntFilter::Op::kNotEqual || filter.op == IntFilter::Op::kNotInRange;
  normalize(out.ranges);
  if (negated) out.ranges = others(out.ranges, shape.bits);
  return out;
}

void test_set(Builder& builder, const IntSet& set, Value number, Label yes, Label no) {
  const Value compared = comparable(builder, set.bits, number);
  const Width width = set.bits > 32 ? Width::k8 : Width::k4;
  SetTest(builder, width, compared, yes, no).run(set.ranges, 0, largest(set.bits));
}

void test_integer(Builder& builder, const IntFilter& filter, IntegerShape shape, Value number, Label no) {
  const Label yes = builder.label("yes");
  if (filter.op != IntFilter::Op::kMask) {
    test_set(builder, set_of(filter, shape), number, yes, no);
  } else {
    uint64_t mask = 0;
    for (const IntRange& value : filter.values) mask |= static_cast<uint64_t>(value.low);
    mask &= largest(shape.bits);
    const Value compared = comparable(builder, shape.bits, number);
    builder.branch(kTestBits, shape.bits > 32 ? Width::k8 : Width::k4, compared, static_cast<int64_t>(mask),
                   yes, no);
  }
  builder.place(yes);
}

Value extended(Builder& builder, IntegerShape shape, Value number) {
  const Value out = builder.copy(number);
  if (shape.bits == 64) return out;
  const auto unused = static_cast<int64_t>(64 - shape.bits);
  builder.add(ir::Binary{ir::BinaryOp::kShiftLeft, out, unused});
  builder.add(
      ir::Binary{shape.is_signed ? ir::BinaryOp::kShiftRightSigned : ir::BinaryOp::kShiftRight, out, unused});
  return out;
}

}  // namespace tripline
