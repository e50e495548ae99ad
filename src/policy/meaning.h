// SPDX-License-Identifier: Apache-2.0
// What the words of filters mean: check() reads these tables from left to right, explain() from right to left, where the
// first of several words that mean the same is the one shown.
#pragma once

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "policy/checked.h"
#include "policy/words.h"

namespace tripline::policy {

struct IntMeaning {
  Operator word = Operator::kEqual;
  IntFilter::Op op = IntFilter::Op::kEqual;
};
inline constexpr auto kIntMeanings = std::to_array<IntMeaning>({
    {Operator::kEqual, IntFilter::Op::kEqual},
    {Operator::kNotEqual, IntFilter::Op::kNotEqual},
    {Operator::kGt, IntFilter::Op::kGreater},
    {Operator::kLt, IntFilter::Op::kLess},
    {Operator::kMask, IntFilter::Op::kMask},
    {Operator::kInRange, IntFilter::Op::kInRange},
    {Operator::kInMap, IntFilter::Op::kInRange},
    {Operator::kNotInRange, IntFilter::Op::kNotInRange},
    {Operator::kNotInMap, IntFilter::Op::kNotInRange},
});

struct TextMeaning {
  Operator word = Operator::kEqual;
  TextOp op = TextOp::kEqual;
};
inline constexpr auto kTextMeanings = std::to_array<TextMeaning>({
    {Operator::kEqual, TextOp::kEqual},
    {Operator::kNotEqual, TextOp::kNotEqual},
    {Operator::kPrefix, TextOp::kPrefix},
    {Operator::kNotPrefix, TextOp::kNotPrefix},
    {Operator::kPostfix, TextOp::kPostfix},
    {Operator::kNotPostfix, TextOp::kNotPostfix},
    {Operator::kSubString, TextOp::kSubString},
    {Operator::kSubStringIgnCase, TextOp::kSubStringIgnCase},
});

struct SocketMeaning {
  Operator word = Operator::kFamily;
  SocketFilter::Field field = SocketFilter::Field::kFamily;
  bool negated = false;
  bool privileged = false;  // a port below 1024; there are no values
};
inline constexpr auto kSocketMeanings = std::to_array<SocketMeaning>({
    {Operator::kFamily, SocketFilter::Field::kFamily},
    {Operator::kSAddr, SocketFilter::Field::kSourceAddress},
    {Operator::kNotSAddr, SocketFilter::Field::kSourceAddress, true},
    {Operator::kDAddr, SocketFilter::Field::kDestinationAddress},
    {Operator::kNotDAddr, SocketFilter::Field::kDestinationAddress, true},
    {Operator::kSPort, SocketFilter::Field::kSourcePort},
    {Operator::kNotSPort, SocketFilter::Field::kSourcePort, true},
    {Operator::kSPortPriv, SocketFilter::Field::kSourcePort, false, true},
    {Operator::kNotSPortPriv, SocketFilter::Field::kSourcePort, true, true},
    {Operator::kDPort, SocketFilter::Field::kDestinationPort},
    {Operator::kNotDPort, SocketFilter::Field::kDestinationPort, true},
    {Operator::kDPortPriv, SocketFilter::Field::kDestinationPort, false, true},
    {Operator::kNotDPortPriv, SocketFilter::Field::kDestinationPort, true, true},
    {Operator::kProtocol, SocketFilter::Field::kProtocol},
    {Operator::kState, SocketFilter::Field::kState},
});

struct FileTypeMeaning {
  std::string_view word;
  uint16_t type = 0;  // bits of S_IFMT
};
inline constexpr auto kFileTypeMeanings = std::to_array<FileTypeMeaning>({
    {"sock", S_IFSOCK},
    {"socket", S_IFSOCK},
    {"lnk", S_IFLNK},
    {"link", S_IFLNK},
    {"reg", S_IFREG},
    {"regular", S_IFREG},
    {"blk", S_IFBLK},
    {"block", S_IFBLK},
    {"dir", S_IFDIR},
    {"chr", S_IFCHR},
    {"char", S_IFCHR},
    {"fifo", S_IFIFO},
    {"pipe", S_IFIFO},
});

// The first row of `table` that has `value` as its `member`; the table's first when none has.
template <typename Table, typename Member, typename Value>
constexpr const auto& row_with(const Table& table, Member member, const Value& value) {
  const auto* const found = std::ranges::find(table, value, member);
  return found == table.end() ? table.front() : *found;
}

}  // namespace tripline::policy
