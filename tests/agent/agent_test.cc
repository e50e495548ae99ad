// SPDX-License-Identifier: Apache-2.0
// What an Agent does on a kernel is tested in guests (tests/guest); here is what needs none.
#include "agent/agent.h"

#include <gtest/gtest.h>

#include "load/privileges.h"

namespace tripline {
namespace {

TEST(Losses, NothingIsMissingWhenAllWasDelivered) {
  Losses losses;
  EXPECT_FALSE(losses.any());
  PolicyLosses policy;
  policy.counter.posted = 10;
  policy.delivered = 10;
  losses.policies.push_back(policy);
  EXPECT_FALSE(losses.any());
}

TEST(Losses, EveryKindCounts) {
  Losses life, unjudged, damaged, skipped, lost;
  life.life_lost = 1;
  unjudged.unjudged = 1;
  damaged.damaged = 1;
  skipped.skipped.push_back({"fd_install", 1});
  PolicyLosses policy;
  policy.counter.lost = 1;
  lost.policies.push_back(policy);
  for (const Losses& losses : {life, unjudged, damaged, skipped, lost}) EXPECT_TRUE(losses.any());
}

TEST(Agent, WithoutPrivilegesDoesNotStart) {
  EXPECT_EQ(without_privileges([] {
              const auto agent = Agent::start(std::make_shared<const Kernel>(), {}, [](const Event&) {});
              if (agent) return 1;
              return agent.error().text().find("CAP_BPF") == std::string::npos ? 2 : 0;
            }),
            0);
}

}  // namespace
}  // namespace tripline
