// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

TEST(Result, TextNamesOperationObjectAndReason) {
  EXPECT_EQ((Error{"open", "/etc/shadow", EACCES, ""}.text()), "open /etc/shadow: Permission denied");
  EXPECT_EQ((Error{"load", "program", EINVAL, "line 3"}.text()), "load program: line 3 (Invalid argument)");
  EXPECT_EQ((Error{"parse", "", 0, "damaged"}.text()), "parse: damaged");
  EXPECT_EQ((Error{"attach", "hook", 0, ""}.text()), "attach hook");
}

TEST(Result, FailYieldsTheError) {
  const Result<int> result = fail("read", "file", ENOENT);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().errnum, ENOENT);
  EXPECT_EQ(result.error().object, "file");
}

}  // namespace
}  // namespace tripline
