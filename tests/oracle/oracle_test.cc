// SPDX-License-Identifier: Apache-2.0
// Cases by hand that pin the oracle itself; each group is a row of the language's reference.
#include "oracle/oracle.h"

#include <gtest/gtest.h>

#include "oracle/generate.h"

namespace tripline::oracle {
namespace {

using Op = PathFilter::Op;
using Kind = CheckedAction::Kind;

bool path_passes(Op op, std::vector<std::string> values, const std::string& path) {
  return passes(PathFilter{.arg = 0, .op = op, .values = std::move(values), .span = {}}, File{.path = path});
}

std::vector<IntRange> singles(const std::vector<int64_t>& numbers) {
  std::vector<IntRange> out;
  for (const int64_t number : numbers) out.push_back({number, number});
  return out;
}

bool int_passes(IntFilter::Op op, const std::vector<int64_t>& values, int64_t number,
                ArgType type = ArgType::kInt32) {
  return passes(IntFilter{.arg = 0, .op = op, .values = singles(values), .span = {}}, type, number);
}

TEST(Oracle, IntegersAnyEqualNoneEqual) {
  EXPECT_TRUE(int_passes(IntFilter::Op::kEqual, {1, 2}, 2));
  EXPECT_FALSE(int_passes(IntFilter::Op::kEqual, {1, 2}, 3));
  EXPECT_FALSE(int_passes(IntFilter::Op::kEqual, {}, 3));
  EXPECT_TRUE(int_passes(IntFilter::Op::kNotEqual, {1, 2}, 3));
  EXPECT_FALSE(int_passes(IntFilter::Op::kNotEqual, {1, 2}, 1));
  EXPECT_TRUE(int_passes(IntFilter::Op::kEqual, {-1}, -1));
  EXPECT_TRUE(int_passes(IntFilter::Op::kEqual, {INT32_MIN}, INT32_MIN));
}

TEST(Oracle, IntegersInTheWidthAndSignOfTheirType) {
  using Int = IntFilter::Op;
  EXPECT_TRUE(int_passes(Int::kEqual, {-1}, 0xff, ArgType::kInt8));
  EXPECT_FALSE(int_passes(Int::kEqual, {-1}, 0xff, ArgType::kInt16));
  EXPECT_TRUE(int_passes(Int::kEqual, {0xff}, -1, ArgType::kUint8));
  EXPECT_TRUE(int_passes(Int::kEqual, {-1}, 0xffffffff, ArgType::kInt32));
  EXPECT_FALSE(int_passes(Int::kEqual, {-1}, 0xffffffff, ArgType::kInt64));
  EXPECT_TRUE(int_passes(Int::kEqual, {0x1'0000'0001}, 0x1'0000'0001, ArgType::kSizeT));
  EXPECT_FALSE(int_passes(Int::kEqual, {1}, 0x1'0000'0001, ArgType::kSizeT));
  EXPECT_TRUE(int_passes(Int::kLess, {0}, -1, ArgType::kInt8));
  EXPECT_TRUE(int_passes(Int::kGreater, {0}, -1, ArgType::kUint64));
  EXPECT_FALSE(int_passes(Int::kGreater, {-1}, 5, ArgType::kUint64));
  EXPECT_TRUE(int_passes(Int::kGreater, {100, 3}, 4));
  EXPECT_FALSE(int_passes(Int::kGreater, {4}, 4));
  EXPECT_TRUE(int_passes(Int::kLess, {3, 100}, 4));
  EXPECT_FALSE(int_passes(Int::kLess, {}, 4));
  EXPECT_TRUE(int_passes(Int::kMask, {8, 4}, 5));
  EXPECT_FALSE(int_passes(Int::kMask, {8, 2}, 5));
}

TEST(Oracle, RangesIncludeTheirEnds) {
  const auto in = [](std::vector<IntRange> ranges, int64_t number) {
    const IntFilter filter{.arg = 0, .op = IntFilter::Op::kInRange, .values = std::move(ranges), .span = {}};
    IntFilter negated = filter;
    negated.op = IntFilter::Op::kNotInRange;
    const bool inside = passes(filter, ArgType::kInt32, number);
    EXPECT_NE(inside, passes(negated, ArgType::kInt32, number));
    return inside;
  };
  EXPECT_TRUE(in({{1, 3}, {7, 9}}, 1));
  EXPECT_TRUE(in({{1, 3}, {7, 9}}, 9));
  EXPECT_FALSE(in({{1, 3}, {7, 9}}, 5));
  EXPECT_TRUE(in({{-5, 5}}, -5));
  EXPECT_FALSE(in({{3, 1}}, 2));
  EXPECT_FALSE(in({}, 0));
}

TEST(Oracle, EqualIsOfAllBytesAndTheLength) {
  EXPECT_TRUE(path_passes(Op::kEqual, {"/b", "/a"}, "/a"));
  EXPECT_FALSE(path_passes(Op::kEqual, {"/a"}, "/a/"));
  EXPECT_FALSE(path_passes(Op::kEqual, {"/a"}, "/A"));
  EXPECT_FALSE(path_passes(Op::kEqual, {"a"}, "/a"));
  EXPECT_FALSE(path_passes(Op::kEqual, {""}, "/a"));
  EXPECT_FALSE(path_passes(Op::kEqual, {}, "/a"));
  EXPECT_TRUE(path_passes(Op::kNotEqual, {"/b", "/c"}, "/a"));
  EXPECT_FALSE(path_passes(Op::kNotEqual, {"/b", "/a"}, "/a"));
  EXPECT_TRUE(path_passes(Op::kNotEqual, {}, "/a"));
}

TEST(Oracle, PrefixIsOfBytesNotOfComponents) {
  EXPECT_TRUE(path_passes(Op::kPrefix, {"/et"}, "/etc/passwd"));
  EXPECT_TRUE(path_passes(Op::kPrefix, {"/x", "/etc/passwd"}, "/etc/passwd"));
  EXPECT_FALSE(path_passes(Op::kPrefix, {"/etc/passwd-"}, "/etc/passwd"));
  EXPECT_FALSE(path_passes(Op::kPrefix, {"etc"}, "/etc/passwd"));
  EXPECT_TRUE(path_passes(Op::kPrefix, {""}, "/etc"));
  EXPECT_FALSE(path_passes(Op::kNotPrefix, {"/x", "/et"}, "/etc/passwd"));
  EXPECT_TRUE(path_passes(Op::kNotPrefix, {"/x", "/etd"}, "/etc/passwd"));
}

TEST(Oracle, PostfixLikewise) {
  EXPECT_TRUE(path_passes(Op::kPostfix, {"wd"}, "/etc/passwd"));
  EXPECT_TRUE(path_passes(Op::kPostfix, {"/etc/passwd"}, "/etc/passwd"));
  EXPECT_FALSE(path_passes(Op::kPostfix, {"x/etc/passwd"}, "/etc/passwd"));
  EXPECT_FALSE(path_passes(Op::kNotPostfix, {"x", "wd"}, "/etc/passwd"));
  EXPECT_TRUE(path_passes(Op::kNotPostfix, {"x", "we"}, "/etc/passwd"));
  EXPECT_TRUE(path_passes(Op::kPostfix, {" (deleted)"}, "/tmp/x (deleted)"));
}

TEST(Oracle, AnEmptyPathFailsEveryOperator) {
  for (const Op op :
       {Op::kEqual, Op::kNotEqual, Op::kPrefix, Op::kNotPrefix, Op::kPostfix, Op::kNotPostfix}) {
    for (const std::string value : {"", "/", "/a"})
      EXPECT_FALSE(path_passes(op, {value}, "")) << shown(value);
    EXPECT_FALSE(path_passes(op, {}, ""));
  }
}

CheckedSelector selector(std::vector<Filter> filters, const std::vector<Kind>& actions) {
  CheckedSelector out;
  out.filters = std::move(filters);
  for (const Kind kind : actions) out.actions.push_back({.kind = kind, .span = {}});
  return out;
}

TEST(Oracle, TheFirstSelectorWhoseFiltersAllPass) {
  const Shape shape{"f", Attachment::kFentry, {ArgType::kInt32, ArgType::kFile}};
  CheckedHook hook = plain_section(
      shape,
      {
          selector({IntFilter{0, IntFilter::Op::kEqual, {{1, 1}}, {}}, PathFilter{1, Op::kEqual, {"/a"}, {}}},
                   {Kind::kPost}),
          selector({PathFilter{1, Op::kPrefix, {"/a"}, {}}}, {Kind::kNoPost}),
          selector({IntFilter{0, IntFilter::Op::kEqual, {{1, 1}}, {}}}, {Kind::kSigkill}),
      });
  const auto selected = [&](int32_t number, const std::string& path) {
    const std::optional<Verdict> verdict = judge(hook, {number, File{.path = path}});
    return verdict ? static_cast<int>(verdict->selector) : -1;
  };
  EXPECT_EQ(selected(1, "/a"), 0);
  EXPECT_EQ(selected(2, "/a"), 1);
  EXPECT_EQ(selected(1, "/ab"), 1);
  EXPECT_EQ(selected(1, "/b"), 2);
  EXPECT_EQ(selected(1, ""), 2);
  EXPECT_EQ(selected(2, "/b"), -1);
  hook.selectors = {selector({}, {Kind::kPost})};
  EXPECT_EQ(selected(2, ""), 0);
}

TEST(Oracle, FiltersFollowTheArgsOfTheSection) {
  const Shape shape{"f", Attachment::kFentry, {ArgType::kInt32, ArgType::kInt32}};
  CheckedHook hook =
      plain_section(shape, {selector({IntFilter{0, IntFilter::Op::kEqual, {{1, 1}}, {}}}, {Kind::kPost})});
  hook.args = {hook.args[1]};
  EXPECT_FALSE(judge(hook, {1, 2}));
  EXPECT_TRUE(judge(hook, {2, 1}));
}

TEST(Oracle, Actions) {
  const Shape shape{"f", Attachment::kFentry, {ArgType::kInt32}};
  struct Case {
    std::vector<Kind> actions;
    bool posted;
    unsigned kills;
    Kind action;
  };
  for (const Case& c : {
           Case{{Kind::kPost}, true, 0, Kind::kPost},
           Case{{Kind::kNoPost}, false, 0, Kind::kNoPost},
           Case{{Kind::kSigkill}, true, 1, Kind::kSigkill},
           // A later Post does not bring the event back, but is the last action.
           Case{{Kind::kNoPost, Kind::kPost}, false, 0, Kind::kPost},
           Case{{Kind::kSigkill, Kind::kNoPost}, false, 1, Kind::kNoPost},
           Case{{Kind::kSigkill, Kind::kPost, Kind::kSigkill}, true, 2, Kind::kSigkill},
       }) {
    const CheckedHook hook = plain_section(shape, {selector({}, c.actions)});
    const std::optional<Verdict> verdict = judge(hook, {7});
    ASSERT_TRUE(verdict);
    EXPECT_EQ(verdict->posted, c.posted);
    EXPECT_EQ(verdict->signals, c.kills);
    EXPECT_EQ(verdict->action, c.action);
  }
}

}  // namespace
}  // namespace tripline::oracle
