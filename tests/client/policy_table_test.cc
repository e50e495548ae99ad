// SPDX-License-Identifier: Apache-2.0
#include "client/policy_table.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

TEST(PolicyTable, Bytes) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(219'310), "219.31 kB");
  EXPECT_EQ(bytes_text(1'230'000), "1.23 MB");
}

TEST(PolicyTable, ColumnsAreThreeBlanksApart) {
  EXPECT_EQ(table_text({{"ID", "NAME"}, {"10", "x"}}, " "), " ID   NAME\n 10   x\n");
}

}  // namespace
}  // namespace tripline
