// SPDX-License-Identifier: Apache-2.0
#include "load/calls_under_way.h"

#include "load/privileges.h"

namespace tripline {
namespace {

TEST(CallsUnderWay, TheKernelWaitsForThemWhenItIsAllowed) {
  TRIPLINE_NEED_HOST(open_host({}, {}));
  const auto waited = wait_for_calls();
  EXPECT_TRUE(waited) << waited.error().text();
  EXPECT_EQ(without_privileges([] { return wait_for_calls() ? 1 : 0; }), 0);
}

}  // namespace
}  // namespace tripline
