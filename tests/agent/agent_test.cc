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
  Losses life, unjudged, unknown, damaged, skipped, lost, alone, forgotten, shortened, cut;
  life.life_lost = 1;
  unjudged.unjudged = 1;
  unknown.unknown = 1;
  damaged.damaged = 1;
  skipped.skipped.push_back({"fd_install", 1});
  PolicyLosses policy;
  policy.counter.lost = 1;
  lost.policies.push_back(policy);
  shortened.shortened = 1;
  PolicyLosses incomplete;
  incomplete.cut = 1;
  cut.policies.push_back(incomplete);
  PolicyLosses unmatched;
  unmatched.alone = 1;
  alone.policies.push_back(unmatched);
  PolicyLosses unreturned;
  unreturned.forgotten = 1;
  forgotten.policies.push_back(unreturned);
  for (const Losses& losses :
       {life, unjudged, unknown, damaged, skipped, lost, alone, forgotten, shortened, cut})
    EXPECT_TRUE(losses.any());
}

HookRecord half(Half half, uint64_t entry_time) {
  Schema schema{.half = half, .pair = 1};
  schema.selectors.resize(1);
  return {.head = {entry_time, 5, 5},
          .schema = std::make_shared<const Schema>(schema),
          .selector = 0,
          .entry_time = entry_time,
          .fields = {}};
}

// What programs count as posted is delivered or alone, whatever had to be let go.
TEST(Fate, EveryReturnIsDeliveredOrAlone) {
  ProcessTable table({.entries = 2});
  constexpr uint64_t kCalls = 5;
  uint64_t posted = 0, delivered = 0, alone = 0;
  const auto take = [&](const HookRecord& record) {
    const Fate fate = fate_of(record, table.consume(Record(record)).has_value());
    delivered += fate == Fate::kDelivered ? 1 : 0;
    alone += fate == Fate::kAlone ? 1 : 0;
    return fate;
  };
  for (uint64_t call = 1; call <= kCalls; ++call) EXPECT_EQ(take(half(Half::kEntry, call)), Fate::kOpen);
  for (uint64_t call = 1; call <= kCalls; ++call, ++posted) (void)take(half(Half::kReturn, call));
  EXPECT_EQ(take(half(Half::kWhole, 0)), Fate::kDelivered);
  ++posted;
  EXPECT_EQ(delivered, 3u);
  EXPECT_EQ(alone, 3u);
  EXPECT_EQ(posted, delivered + alone);
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
