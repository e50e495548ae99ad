// SPDX-License-Identifier: Apache-2.0
#include "client/certificate_name.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

TEST(CertificateName, Matches) {
  EXPECT_TRUE(name_matches("localhost", "LocalHost."));
  EXPECT_TRUE(name_matches("*.inside", "a.inside"));
  EXPECT_TRUE(name_matches("*.b.c", "a.b.c"));
  EXPECT_FALSE(name_matches("*.b.c", "b.c"));
  EXPECT_FALSE(name_matches("*.c", "a.b.c"));
  EXPECT_FALSE(name_matches("a*.c", "ab.c"));
  EXPECT_FALSE(name_matches("a.*", "a.b"));
  EXPECT_FALSE(name_matches("*", "a"));
  EXPECT_FALSE(name_matches("*.c", "*.d"));
  EXPECT_FALSE(name_matches("*.c", ".c"));
  EXPECT_FALSE(name_matches("", ""));
  EXPECT_TRUE(name_matches("a b", "A B")) << "no name of a host: it must be the same";
}

}  // namespace
}  // namespace tripline
