// SPDX-License-Identifier: Apache-2.0
// Every number of 8 bits against every operator, and the edges of wider types, by running the written program.
#include "compile/condition/integers.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <string>

#include "ir/interpreter.h"

namespace tripline {
namespace {

using Op = IntFilter::Op;

constexpr std::array kOps = {Op::kEqual, Op::kNotEqual, Op::kGreater,   Op::kLess,
                             Op::kMask,  Op::kInRange,  Op::kNotInRange};

ir::Program program_of(const IntFilter& filter, IntegerShape shape) {
  Builder builder("test", ir::Entry::kTyped, {});
  const Label no = builder.label("no");
  const ir::Value number = builder.value();
  builder.add(ir::Argument{number, 0});
  test_integer(builder, filter, shape, number, no);
  builder.finish_block(int64_t{1});
  builder.place(no);
  builder.finish_block();
  ir::Program program = builder.finish();
  EXPECT_EQ(ir::verify(program), "");
  return program;
}

bool passes(const ir::Program& program, uint64_t in_register) {
  ir::World world;
  world.arguments[0] = in_register;
  const ir::Outcome outcome = ir::interpret(program, world);
  EXPECT_EQ(outcome.broken, "");
  return outcome.result == 1;
}

// What the operator means, in a type of the shape.
template <typename T>
bool means(const IntFilter& filter, T number) {
  const auto any = [&](const std::function<bool(T, T)>& holds) {
    for (const IntRange& value : filter.values) {
      if (holds(static_cast<T>(value.low), static_cast<T>(value.high))) return true;
    }
    return false;
  };
  switch (filter.op) {
    case Op::kEqual:
      return any([&](T low, T) { return number == low; });
    case Op::kNotEqual:
      return !any([&](T low, T) { return number == low; });
    case Op::kGreater:
      return any([&](T low, T) { return number > low; });
    case Op::kLess:
      return any([&](T low, T) { return number < low; });
    case Op::kMask:
      return any([&](T low, T) { return (number & low) != 0; });
    case Op::kInRange:
      return any([&](T low, T high) { return number >= low && number <= high; });
    case Op::kNotInRange:
      return !any([&](T low, T high) { return number >= low && number <= high; });
  }
  return false;
}

template <typename T>
void compare_all(const std::vector<std::vector<IntRange>>& lists, const std::vector<T>& numbers) {
  constexpr IntegerShape shape{8 * sizeof(T), std::is_signed_v<T>};
  for (const Op op : kOps) {
    for (const std::vector<IntRange>& values : lists) {
      IntFilter filter{.arg = 0, .op = op, .values = values, .span = {}};
      if (op != Op::kInRange && op != Op::kNotInRange) {
        for (IntRange& value : filter.values) value.high = value.low;
      }
      ir::Program program = program_of(filter, shape);
      ir::Program simplified = program;
      ir::simplify(simplified);
      for (const T number : numbers) {
        // What is above the number in its register means nothing.
        const uint64_t low =
            static_cast<uint64_t>(number) & (sizeof(T) == 8 ? ~0ULL : (1ULL << (8 * sizeof(T) % 64)) - 1);
        const uint64_t noise = sizeof(T) == 8 ? 0 : 0xdeadbeefcafebabeULL << (8 * sizeof(T) % 64);
        for (const uint64_t in_register : {low, low | noise}) {
          EXPECT_EQ(passes(program, in_register), means(filter, number))
              << static_cast<int>(op) << " of " << values.size() << " values, " << std::to_string(number);
          EXPECT_EQ(passes(simplified, in_register), means(filter, number));
        }
      }
    }
  }
}

template <typename T>
std::vector<std::vector<IntRange>> lists_of() {
  const auto range = [](T low, T high) {
    return IntRange{static_cast<int64_t>(low), static_cast<int64_t>(high)};
  };
  constexpr T kLow = std::numeric_limits<T>::min();
  constexpr T kHigh = std::numeric_limits<T>::max();
  const auto one = [&](T number) { return range(number, number); };
  std::vector<std::vector<IntRange>> out = {
      {}, {range(kLow, kHigh)}, {range(1, 3), range(3, 9), range(20, 30)}};
  for (const T number : {kLow, static_cast<T>(kLow + 1), T{0}, T{1}, static_cast<T>(-1), T{64}, kHigh})
    out.push_back({one(number)});
  // Enough for a search, with neighbours, overlaps and both ends.
  std::vector<IntRange> many = {one(kLow), one(kHigh), range(40, 44), range(42, 46)};
  for (T number = 2; number < 30; number = static_cast<T>(number + 3)) many.push_back(one(number));
  out.push_back(many);
  out.push_back({range(kLow, static_cast<T>(kLow + 3)), range(static_cast<T>(kHigh - 3), kHigh)});
  return out;
}

template <typename T>
std::vector<T> numbers_of() {
  std::vector<T> out;
  if constexpr (sizeof(T) == 1) {
    for (int number = std::numeric_limits<T>::min(); number <= std::numeric_limits<T>::max(); ++number)
      out.push_back(static_cast<T>(number));
  } else {
    constexpr T kLow = std::numeric_limits<T>::min();
    constexpr T kHigh = std::numeric_limits<T>::max();
    for (int number = -50; number <= 70; ++number) out.push_back(static_cast<T>(number));
    for (T step = 0; step < 5; ++step) {
      out.push_back(static_cast<T>(kLow + step));
      out.push_back(static_cast<T>(kHigh - step));
      out.push_back(static_cast<T>(kHigh / 2 - step));
    }
  }
  return out;
}

template <typename T>
class Integers : public testing::Test {};
using Types = testing::Types<int8_t, uint8_t, int16_t, uint16_t, int32_t, uint32_t, int64_t, uint64_t>;
TYPED_TEST_SUITE(Integers, Types);

TYPED_TEST(Integers, AreComparedAsTheirOperatorsMean) {
  compare_all<TypeParam>(lists_of<TypeParam>(), numbers_of<TypeParam>());
}

TEST(IntSet, IsSortedAndWithoutNeighbours) {
  const IntegerShape shape{32, true};
  const auto ranges = [&](Op op, std::vector<IntRange> values) {
    return set_of(IntFilter{.arg = 0, .op = op, .values = std::move(values), .span = {}}, shape).ranges;
  };
  using Ranges = std::vector<IntSet::Range>;
  EXPECT_EQ(ranges(Op::kInRange, {{5, 6}, {1, 2}, {3, 4}, {8, 9}}), (Ranges{{1, 6}, {8, 9}}));
  EXPECT_EQ(ranges(Op::kEqual, {{-1, -1}}), (Ranges{{0xffffffff, 0xffffffff}}));
  EXPECT_EQ(ranges(Op::kInRange, {{-2, 1}}), (Ranges{{0, 1}, {0xfffffffe, 0xffffffff}}));
  EXPECT_EQ(ranges(Op::kNotEqual, {{0, 0}}), (Ranges{{1, 0xffffffff}}));
  EXPECT_EQ(ranges(Op::kLess, {{INT32_MIN, INT32_MIN}}), Ranges{});
  EXPECT_EQ(ranges(Op::kNotEqual, {}), (Ranges{{0, 0xffffffff}}));
}

TEST(IntSet, OfAThousandNumbersIsSearchedInTenSteps) {
  IntFilter filter{.arg = 0, .op = Op::kEqual, .values = {}, .span = {}};
  for (int64_t number = 0; number < 1000; ++number) filter.values.push_back({number * 3, number * 3});
  const ir::Program program = program_of(filter, {64, false});
  EXPECT_TRUE(passes(program, 2997));
  EXPECT_FALSE(passes(program, 2998));
  // The longest way through the blocks of a tree of comparisons.
  std::vector<size_t> longest(program.blocks.size());
  for (size_t block = program.blocks.size(); block-- > 0;) {
    if (const auto* branch = std::get_if<ir::Branch>(&program.blocks[block].end))
      longest[block] = 1 + std::max(longest[branch->then], longest[branch->otherwise]);
    if (const auto* jump = std::get_if<ir::Jump>(&program.blocks[block].end))
      longest[block] = longest[jump->to];
  }
  EXPECT_LE(longest[0], 14U);
}

TEST(Extended, ByTheSignOfTheType) {
  const auto extend = [](IntegerShape shape, uint64_t in_register) {
    Builder builder("test", ir::Entry::kTyped, {});
    const ir::Value number = builder.value();
    builder.add(ir::Argument{number, 0});
    builder.finish_block(extended(builder, shape, number));
    const ir::Program program = builder.finish();
    ir::World world;
    world.arguments[0] = in_register;
    return ir::interpret(program, world).result;
  };
  EXPECT_EQ(extend({8, true}, 0x1ff), ~0ULL);
  EXPECT_EQ(extend({8, false}, 0x1ff), 0xffULL);
  EXPECT_EQ(extend({32, true}, 0x80000000), 0xffffffff80000000ULL);
  EXPECT_EQ(extend({64, false}, 0xf000000000000000ULL), 0xf000000000000000ULL);
}

}  // namespace
}  // namespace tripline
