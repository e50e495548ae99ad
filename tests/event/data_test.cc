// SPDX-License-Identifier: Apache-2.0
#include "event/data.h"

#include <gtest/gtest.h>

#include "abi/scratch.h"

namespace tripline {
namespace {

constexpr uint32_t kFirst = sizeof(tl_record);
constexpr uint32_t kSecond = kFirst + sizeof(tl_bytes);

HookRecord record(uint64_t time, uint32_t tid = 2) {
  auto schema = std::make_shared<Schema>();
  schema->id = 7;
  schema->fields = {{.type = FieldType::kBytes, .offset = kFirst, .extent = Extent::kAll},
                    {.type = FieldType::kBytes, .offset = kSecond, .extent = Extent::kAll}};
  HookRecord out{.head = {time, 1, tid}, .schema = schema, .fields = {}, .whole = {}};
  for (const char* bytes : {"abc", ""}) {
    out.fields.push_back({.status = TL_VALUE_OK, .fixed = tl_bytes{}, .bytes = bytes});
  }
  return out;
}

DataRecord data(uint64_t time, uint32_t field, uint64_t offset, std::string_view bytes, uint32_t tid = 2) {
  return {.head = {time, 1, tid}, .schema = 7, .field = field, .offset = offset, .bytes = bytes};
}

TEST(PendingData, FollowsWhatTheRecordHas) {
  PendingData pending;
  pending.add(data(5, kFirst, 3, "def"));
  pending.add(data(5, kFirst, 3, "other thread", 3));
  pending.add(data(6, kFirst, 3, "another call"));
  pending.add(data(5, kSecond, 0, "second"));
  pending.add(data(5, kFirst, 6, "ghi"));
  HookRecord one = record(5);
  pending.complete(one);
  EXPECT_EQ(one.fields[0].bytes, "abcdefghi");
  EXPECT_EQ(one.fields[1].bytes, "second");
  HookRecord again = record(5);
  pending.complete(again);
  EXPECT_EQ(again.fields[0].bytes, "abc") << "what was given is gone";
  HookRecord thread = record(5, 3);
  pending.complete(thread);
  EXPECT_EQ(thread.fields[0].bytes, "abcother thread");
}

// What the program wanted to send and what came of it.
TEST(PendingData, CountsWhatIsNotWhole) {
  PendingData pending;
  const auto missing = [&](uint64_t first, uint64_t second) {
    HookRecord one = record(5);
    std::get<tl_bytes>(one.fields[0].fixed).whole = first;
    std::get<tl_bytes>(one.fields[1].fixed).whole = second;
    return pending.complete(one);
  };
  EXPECT_EQ(missing(3, 0), 0u);
  EXPECT_EQ(missing(4, 0), 1u);
  EXPECT_EQ(missing(4, 1), 2u);
  pending.add(data(5, kFirst, 3, "d"));
  EXPECT_EQ(missing(4, 1), 1u);
  pending.add(data(5, kFirst, 3, "d"));
  pending.add(data(5, kSecond, 0, std::string(TL_DATA_MAX, 'x')));
  EXPECT_EQ(missing(4, TL_DATA_MAX + 1), 0u) << "no more is asked for";
  HookRecord any = record(5);
  auto schema = std::make_shared<Schema>(*any.schema);
  for (Field& field : schema->fields) field.extent = Extent::kStart;
  any.schema = schema;
  std::get<tl_bytes>(any.fields[0].fixed).whole = 9;
  EXPECT_EQ(pending.complete(any), 0u) << "of others the first bytes are all that is asked for";
}

TEST(PendingData, EndsAtAGap) {
  PendingData pending;
  pending.add(data(5, kFirst, 3, "def"));
  pending.add(data(5, kFirst, 7, "hij"));
  HookRecord one = record(5);
  pending.complete(one);
  EXPECT_EQ(one.fields[0].bytes, "abcdef");
  pending.add(data(6, kFirst, 4, "efg"));  // its beginning is lost
  HookRecord headless = record(6);
  pending.complete(headless);
  EXPECT_EQ(headless.fields[0].bytes, "abc");
}

TEST(PendingData, IsBounded) {
  PendingData many;
  for (uint64_t time = 0; time <= PendingData::kMost; ++time) many.add(data(time, kFirst, 3, "x"));
  EXPECT_EQ(many.counts().evicted, 1u);
  HookRecord oldest = record(0);
  many.complete(oldest);
  EXPECT_EQ(oldest.fields[0].bytes, "abc");
  HookRecord next = record(1);
  many.complete(next);
  EXPECT_EQ(next.fields[0].bytes, "abcx");

  PendingData large;
  const std::string half(PendingData::kMostBytes / 2, 'x');
  for (uint64_t time = 0; time < 3; ++time) large.add(data(time, kFirst, 3, half));
  EXPECT_EQ(large.counts().evicted, 1u);
  HookRecord kept = record(2);
  large.complete(kept);
  EXPECT_EQ(kept.fields[0].bytes.size(), 3 + half.size());
}

}  // namespace
}  // namespace tripline
