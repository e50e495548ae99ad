// SPDX-License-Identifier: Apache-2.0
#include "client/hooked_code.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>

namespace tripline {
namespace {

// All of it is in this program, each at a place of its own.
TEST(HookedCode, PlacesAreFilledIn) {
  const std::string places = with_places("{Program} {Number} {Other} {Texts}");
  EXPECT_TRUE(places.starts_with(own_program() + " 0x")) << places;
  std::set<std::string> all;
  std::istringstream words(places);
  for (std::string word; words >> word;) all.insert(word);
  EXPECT_EQ(all.size(), 4U) << places;
  EXPECT_FALSE(all.contains("0x0")) << places;
}

TEST(HookedCode, DoesWhatItSays) {
  EXPECT_EQ(call_number(7), 7);
  EXPECT_EQ(call_other(7), -7);
  EXPECT_EQ(call_texts("a", "b"), 0);
  EXPECT_EQ(pass_probe(7), 7);
}

}  // namespace
}  // namespace tripline
