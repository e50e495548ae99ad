// SPDX-License-Identifier: Apache-2.0
#include "render/api_names.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

TEST(Names, Capabilities) {
  EXPECT_EQ(capability_name(0), "CAP_CHOWN");
  EXPECT_EQ(capability_name(1), "DAC_OVERRIDE");
  EXPECT_EQ(capability_name(21), "CAP_SYS_ADMIN");
  EXPECT_EQ(capability_name(40), "CAP_CHECKPOINT_RESTORE");
  EXPECT_EQ(capability_name(41), "");
}

TEST(Names, Securebits) {
  EXPECT_EQ(securebit_name(0), "SecBitNoRoot");
  EXPECT_EQ(securebit_name(7), "SecBitNoCapAmbientRaiseLocked");
  EXPECT_EQ(securebit_name(8), "");
}

TEST(Names, Actions) {
  EXPECT_EQ(action_name(Action::kPost), "KPROBE_ACTION_POST");
  EXPECT_EQ(action_name(Action::kCleanupEnforcerNotification), "KPROBE_ACTION_CLEANUPENFORCERNOTIFICATION");
  EXPECT_EQ(static_cast<int>(Action::kSet), 15);
}

}  // namespace
}  // namespace tripline
