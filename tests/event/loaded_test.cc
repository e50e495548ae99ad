// SPDX-License-Identifier: Apache-2.0
#include "event/loaded.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

TEST(LoadedFiles, OnceForEachProcessAndPath) {
  LoadedFiles files;
  EXPECT_TRUE(files.add(1, "/a"));
  EXPECT_FALSE(files.add(1, "/a"));
  EXPECT_TRUE(files.add(1, "/b"));
  EXPECT_TRUE(files.add(2, "/a"));
  EXPECT_EQ(files.size(), 3U);
}

TEST(LoadedFiles, TheLatestAreKnown) {
  LoadedFiles files(2);
  files.add(1, "/a");
  files.add(1, "/b");
  EXPECT_FALSE(files.add(1, "/a")) << "it is the latest now";
  EXPECT_TRUE(files.add(1, "/c"));
  EXPECT_TRUE(files.add(1, "/b")) << "it had to go";
  EXPECT_EQ(files.size(), 2U);
}

TEST(LoadedFiles, AProcessThatEndsIsForgotten) {
  LoadedFiles files;
  files.add(1, "/a");
  files.add(1, "/b");
  files.add(2, "/a");
  files.forget(1);
  files.forget(3);
  EXPECT_EQ(files.size(), 1U);
  EXPECT_TRUE(files.add(1, "/a")) << "another process has its number";
}

}  // namespace
}  // namespace tripline
