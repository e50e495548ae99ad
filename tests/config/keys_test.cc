// SPDX-License-Identifier: Apache-2.0
#include "config/keys.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "flags/help.h"

namespace tripline::config {
namespace {

TEST(Keys, EveryDefaultIsAValueOfItsType) {
  // As many as the recorded daemon tells its clients of.
  EXPECT_EQ(std::ranges::count_if(keys(), [](const Key& key) { return !is_ours(key.flag.name); }), 95);
  for (const Key& key : keys()) {
    EXPECT_FALSE(key.flag.help.empty()) << key.flag.name;
    EXPECT_TRUE(key.flag.fallback.empty() || flags::parse_value(key.flag.type, key.flag.fallback))
        << key.flag.name;
  }
}

TEST(Keys, AreFoundInAnyCase) {
  EXPECT_EQ(find_key("RB-Size")->flag.name, "rb-size");
  EXPECT_EQ(find_key("rb-siz"), nullptr);
  EXPECT_EQ(find_key("rb_size"), nullptr);
  EXPECT_EQ(environment_name("k8s-kubeconfig-path"), "TETRAGON_K8S_KUBECONFIG_PATH");
}

TEST(Keys, AMemberForEach) {
  Settings settings;
  size_t count = 0;
  for_each_setting(settings, [&](const Key& key, auto& setting) {
    EXPECT_EQ(&key, &keys()[count++]);
    EXPECT_FALSE(setting.is_set());
    if (key.flag.name == "rb-size") {
      EXPECT_EQ(static_cast<void*>(&setting), static_cast<void*>(&settings.rb_size));
    }
  });
  EXPECT_EQ(count, keys().size());
}

}  // namespace
}  // namespace tripline::config
