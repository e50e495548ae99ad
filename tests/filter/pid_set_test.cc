// SPDX-License-Identifier: Apache-2.0
#include "filter/pid_set.h"

#include <gtest/gtest.h>

#include "filter/stream.h"

namespace tripline {
namespace {

bool learns(PidSet& set, const char* kind, uint32_t pid, uint32_t parent, const char* id) {
  Event event = test::event_of({kind, pid, "/x", "", parent});
  Process process = *event.process.process;
  process.exec_id = id;
  event.process.process = std::make_shared<const Process>(process);
  return set.learn(subject_of(event));
}

TEST(PidSet, AnEndedProcessIsNotItsPidsNext) {
  PidSet set({1});
  EXPECT_TRUE(learns(set, "exec", 5, 1, "a"));
  EXPECT_TRUE(learns(set, "exit", 5, 1, "a"));
  EXPECT_TRUE(learns(set, "kprobe", 5, 9, "a")) << "late";
  EXPECT_TRUE(learns(set, "exec", 6, 5, "b")) << "a child seen late";
  EXPECT_FALSE(learns(set, "exec", 5, 9, "c")) << "another process";
  EXPECT_FALSE(learns(set, "exec", 7, 5, "d"));
  EXPECT_TRUE(learns(set, "kprobe", 6, 9, "b")) << "an orphan";
  EXPECT_TRUE(learns(set, "exec", 6, 9, "e")) << "of the same process";
}

TEST(PidSet, IsBounded) {
  PidSet set({1});
  for (uint32_t pid = 2; pid < 3 * PidSet::kMost; pid++) EXPECT_TRUE(learns(set, "exec", pid, 1, "x"));
  EXPECT_EQ(set.remembered(), PidSet::kMost);
  for (int again = 0; again < 3; again++) {
    for (uint32_t pid = 2; pid < PidSet::kMost; pid++) {
      learns(set, "exec", pid, 1, "y");
      learns(set, "exit", pid, 1, "y");
      learns(set, "exec", pid, 9, "z");
    }
  }
  EXPECT_LE(set.remembered(), PidSet::kMost);
}

}  // namespace
}  // namespace tripline
