// SPDX-License-Identifier: Apache-2.0
#include "event/halves.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

FieldValue number(uint64_t value) { return {.fixed = tl_number{.number = value}, .bytes = {}}; }

std::shared_ptr<const Schema> entry_schema(uint32_t pair = 1) {
  Schema schema{.id = 7, .function = "f", .half = Half::kEntry, .pair = pair};
  schema.selectors.resize(1);
  return std::make_shared<const Schema>(schema);
}

// A return with a value, and a copy of the argument at position 1.
std::shared_ptr<const Schema> return_schema(uint32_t position = 1) {
  Schema schema{.id = 2, .function = "f", .half = Half::kReturn, .pair = 1};
  schema.fields = {{FieldType::kLong, 0, "not shown", FieldPlace::kReturn, 0},
                   {FieldType::kBytes, 0, "copy", FieldPlace::kCopied, position}};
  schema.selectors = {{ActionName::kPost, 0, ""}, {ActionName::kSigkill, 0, ""}};
  return std::make_shared<const Schema>(schema);
}

HookRecord entry(uint64_t time, uint32_t tid = 5, uint32_t pair = 1) {
  return {.head = {time, 5, tid}, .schema = entry_schema(pair), .selector = 0, .fields = {}, .whole = {}};
}

HookRecord returned(uint64_t entry_time, uint32_t tid = 5, uint32_t selector = 0, uint32_t position = 1) {
  FieldValue bytes{.fixed = tl_bytes{.whole = 2}, .bytes = "ab"};
  return {.head = {entry_time + 1, 5, tid},
          .schema = return_schema(position),
          .selector = selector,
          .entry_time = entry_time,
          .fields = {number(9), bytes},
          .whole = {}};
}

Event event(int64_t time) {
  Event event{.time = time};
  event.payload = ProcessKprobe{
      .function = "f", .args = {{IntArg{1}, "one"}, {BytesArg{}, "two"}}, .action = Action::kSignal};
  return event;
}

TEST(Halves, BecomeOne) {
  Halves halves;
  halves.enter(entry(100), event(7));
  auto whole = halves.leave(returned(100, 5, 1));
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->time, 7);
  const auto& kprobe = std::get<ProcessKprobe>(whole->payload);
  EXPECT_EQ(kprobe.action, Action::kSignal);
  EXPECT_EQ(kprobe.return_action, Action::kSigkill);
  EXPECT_EQ(kprobe.returned, (Argument{LongArg{9}, ""}));
  EXPECT_EQ(kprobe.args, (std::vector<Argument>{{IntArg{1}, "one"}, {BytesArg{"ab"}, "copy"}}));
  EXPECT_EQ(halves.waiting(), 0u);
}

// There is no place of its own for what a function of user space returned, nor for what was done at its return.
TEST(Halves, WhatIsReturnedStandsBehindTheArgumentsOfAUprobe) {
  Halves halves;
  Event half{.time = 7};
  half.payload = ProcessUprobe{.path = "/lib/l",
                               .symbol = "f",
                               .args = {{IntArg{1}, ""}, {BytesArg{}, ""}},
                               .action = Action::kSignal};
  halves.enter(entry(100), std::move(half));
  HookRecord end = returned(100, 5, 1);
  auto schema = std::make_shared<Schema>(*return_schema());
  schema->kind = EventKind::kUprobe;
  end.schema = schema;
  const auto whole = halves.leave(end);
  ASSERT_TRUE(whole);
  const auto& uprobe = std::get<ProcessUprobe>(whole->payload);
  EXPECT_EQ(uprobe.path, "/lib/l");
  EXPECT_EQ(uprobe.action, Action::kSignal);
  ASSERT_EQ(uprobe.args.size(), 3U);
  EXPECT_EQ(uprobe.args[0].value, ArgumentValue(IntArg{1}));
  EXPECT_EQ(uprobe.args[1], (Argument{BytesArg{"ab"}, "copy"})) << "where the entry has nothing yet";
  EXPECT_EQ(uprobe.args[2].value, ArgumentValue(LongArg{9}));
}

TEST(Halves, ReturnActionIsThatOfTheReturn) {
  Halves halves;
  halves.enter(entry(100), event(7));
  auto whole = halves.leave(returned(100));
  ASSERT_TRUE(whole);
  EXPECT_EQ(std::get<ProcessKprobe>(whole->payload).return_action, Action::kPost);
}

TEST(Halves, EachReturnHasItsEntry) {
  Halves halves;
  halves.enter(entry(100, 5), event(1));
  halves.enter(entry(101, 5), event(2));  // a call within the call
  halves.enter(entry(100, 6), event(3));
  halves.enter(entry(100, 5, 9), event(4));  // another hook
  EXPECT_EQ(halves.leave(returned(101, 5))->time, 2);
  EXPECT_EQ(halves.leave(returned(100, 6))->time, 3);
  EXPECT_EQ(halves.leave(returned(100, 5))->time, 1);
  EXPECT_EQ(halves.waiting(), 1u);
  EXPECT_FALSE(halves.leave(returned(100, 5)));
  EXPECT_FALSE(halves.leave(returned(100, 7)));
  EXPECT_FALSE(halves.leave(returned(99, 5)));
  EXPECT_EQ(halves.unmatched(), 3u);
  EXPECT_EQ(halves.evicted(), 0u);
}

TEST(Halves, KeepsTheLatest) {
  Halves halves(3);
  for (uint64_t time = 1; time <= 5; time++) halves.enter(entry(time), event(static_cast<int64_t>(time)));
  EXPECT_EQ(halves.waiting(), 3u);
  EXPECT_EQ(halves.evicted(), 2u);
  EXPECT_FALSE(halves.leave(returned(1)));
  EXPECT_FALSE(halves.leave(returned(2)));
  for (uint64_t time = 3; time <= 5; time++) EXPECT_EQ(halves.leave(returned(time))->time, int64_t(time));
}

// Entries with long buffers are fewer.
TEST(Halves, KeepsSoManyBytes) {
  Halves halves(100, 1000);
  const auto enter = [&](uint64_t time, size_t size) {
    const std::string bytes(size, 'x');
    HookRecord record = entry(time);
    record.fields.push_back({.fixed = tl_bytes{.whole = size}, .bytes = bytes});
    halves.enter(record, event(static_cast<int64_t>(time)));
  };
  for (uint64_t time = 1; time <= 5; time++) enter(time, 400);
  EXPECT_EQ(halves.waiting(), 2u);
  EXPECT_EQ(halves.evicted(), 3u);
  EXPECT_TRUE(halves.leave(returned(5)));
  enter(5, 600);
  enter(5, 600);  // in place of the one before
  EXPECT_EQ(halves.waiting(), 2u);
  EXPECT_TRUE(halves.leave(returned(4)));
  EXPECT_TRUE(halves.leave(returned(5)));
  enter(6, 1000);
  EXPECT_EQ(halves.waiting(), 1u);
  enter(7, 1001);
  EXPECT_EQ(halves.waiting(), 0u);
  EXPECT_FALSE(halves.leave(returned(7)));
  for (uint64_t time = 10; time < 110; time++) enter(time, 10);
  EXPECT_EQ(halves.waiting(), 100u);
}

TEST(Halves, SameEntryTwiceIsTheLater) {
  Halves halves;
  halves.enter(entry(100), event(1));
  halves.enter(entry(100), event(2));
  EXPECT_EQ(halves.waiting(), 1u);
  EXPECT_EQ(halves.leave(returned(100))->time, 2);
}

TEST(Halves, NoCapacity) {
  Halves halves(0);
  halves.enter(entry(100), event(1));
  EXPECT_FALSE(halves.leave(returned(100)));
}

// A schema that points outside changes nothing.
TEST(Halves, CopyOfAnArgumentThatIsNot) {
  Halves halves;
  halves.enter(entry(100), event(1));
  auto whole = halves.leave(returned(100, 5, 0, 2));
  ASSERT_TRUE(whole);
  EXPECT_EQ(std::get<ProcessKprobe>(whole->payload).args[1], (Argument{BytesArg{}, "two"}));
}

}  // namespace
}  // namespace tripline
