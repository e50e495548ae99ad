// SPDX-License-Identifier: Apache-2.0
#include "kernel/api_features.h"

#include <gtest/gtest.h>

#include <map>

namespace tripline {
namespace {

std::map<std::string, bool> features_of(const Kernel& kernel) {
  std::map<std::string, bool> out;
  for (const auto& [name, holds] : api_features(kernel)) out.emplace(name, holds);
  return out;
}

TEST(ApiFeaturesTest, FollowTheVersionAndWhatWasProbed) {
  Kernel kernel;
  kernel.version = 5 << 16 | 10 << 8;
  EXPECT_EQ(api_features(kernel).size(), 22U);
  EXPECT_EQ(api_features(kernel).front().first, "override_return");
  auto features = features_of(kernel);
  EXPECT_FALSE(features["buildid"]);
  EXPECT_TRUE(features["mix_bpf_and_tail_calls"]);
  EXPECT_FALSE(features["kprobe_multi"]);
  kernel.version = 6 << 16 | 12 << 8;
  kernel.features.kprobe_multi = true;
  features = features_of(kernel);
  EXPECT_TRUE(features["buildid"]);
  EXPECT_TRUE(features["kprobe_multi"]);
  EXPECT_TRUE(features["missed_stats_kprobe"]);
  EXPECT_FALSE(features["uprobe_regs_change"]);
}

TEST(ApiFeaturesTest, OverrideNeedsFunctionsThatMayBeChanged) {
  Kernel kernel;
  kernel.features.override_return = true;
  EXPECT_FALSE(features_of(kernel)["override_return"]);
  kernel.error_injection = {"__x64_sys_getcpu"};
  EXPECT_TRUE(features_of(kernel)["override_return"]);
  EXPECT_TRUE(features_of(kernel)["fmodret_syscall"]);
}

}  // namespace
}  // namespace tripline
