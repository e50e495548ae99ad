// SPDX-License-Identifier: Apache-2.0
#include "policy/scratch.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

CheckedArg arg(ArgType type, uint32_t index) {
  return {.type = type, .source = {.kind = ArgSource::Kind::kParameter, .index = index}};
}

TEST(Room, WhatIsReadOnceTakesRoomOnce) {
  Room room;
  for (uint32_t n = 0; n < 2 * kMostTexts; ++n) EXPECT_TRUE(room.take(arg(ArgType::kFile, 1)));
}

TEST(Room, Texts) {
  Room room;
  for (uint32_t n = 0; n < kMostTexts; ++n) EXPECT_TRUE(room.take(arg(ArgType::kString, n)));
  EXPECT_FALSE(room.take(arg(ArgType::kFile, 0)));
  EXPECT_TRUE(room.take(arg(ArgType::kString, 0)));  // it is there
  EXPECT_TRUE(room.take(arg(ArgType::kSock, 0)));    // no text
}

TEST(Room, Values) {
  Room room;
  for (uint32_t n = 0; n < kMostValues; ++n) EXPECT_TRUE(room.take(arg(ArgType::kSock, n)));
  EXPECT_FALSE(room.take(arg(ArgType::kCred, 0)));
}

TEST(Room, NumbersInRegistersTakeNone) {
  Room room;
  for (uint32_t n = 0; n < 2 * kMostValues; ++n) EXPECT_TRUE(room.take(arg(ArgType::kInt32, n)));
  for (uint32_t n = 0; n < kMostValues; ++n) {
    CheckedArg resolved = arg(ArgType::kInt32, n);
    resolved.source.steps = {{}};
    EXPECT_TRUE(room.take(resolved));
  }
  EXPECT_FALSE(room.take(arg(ArgType::kSock, 0)));
}

TEST(Room, BuffersOfReturnsAreTakenThere) {
  CheckedArg buffer = arg(ArgType::kCharBuf, 1);
  buffer.return_copy = true;
  EXPECT_FALSE(is_held(buffer));
  buffer.source.kind = ArgSource::Kind::kSaved;
  EXPECT_TRUE(is_held(buffer));
}

}  // namespace
}  // namespace tripline
