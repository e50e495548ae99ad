// SPDX-License-Identifier: Apache-2.0
// Nothing here is ever attached, or pinned: what was left is made up.
#include <gtest/gtest.h>

#include "agent/made_up.h"
#include "agent/set.h"
#include "load/privileges.h"

namespace tripline {
namespace {

KnownKernel no_kernel() { return {std::make_shared<const Kernel>(), {}}; }

Change adding_text(const PolicyPtr& policy, uint64_t text) {
  Change out;
  out.everything = true;
  out.in.push_back({.document = policy, .text = text});
  return out;
}

tl_counter posted(uint64_t count) {
  tl_counter out{};
  out.posted = count;
  return out;
}

const PolicyPart kFirst{};

// What two agents of the same version tell one another.
Manifest left_by(std::vector<LeftPolicy> policies) {
  Manifest out{.version = "v1", .next_pair = 40};
  out.policies = std::move(policies);
  return out;
}

TEST(PolicySetAcrossAgents, CountsGoToThePolicyOfTheSameNameAndText) {
  auto host = open_host({}, {});
  TRIPLINE_NEED_HOST(host);
  for (const auto& [text, expected] : {std::pair{7ULL, 5ULL}, std::pair{8ULL, 0ULL}}) {
    PolicySet set(no_kernel(), *host, {}, made_up_steps());
    set.inherit(left_by({{named("a"), 7, 3, {{kFirst, posted(5)}}}}), {}, {});
    Haste haste;
    ASSERT_TRUE(carry_out(set, haste, adding_text(watch("a"), text)).status);
    const auto inherited = set.inherited();
    EXPECT_EQ(inherited.size(), expected > 0 ? 1U : 0U);
    if (expected > 0) EXPECT_EQ(inherited.at(2).at(kFirst).posted, expected);
    EXPECT_EQ(set.counts(2)->posted, 0U) << "ours are told apart";
    EXPECT_EQ(set.forgotten().posted, 0U);
  }
}

TEST(PolicySetAcrossAgents, NumbersThatAreInUseAreNotHandedOut) {
  auto host = open_host({}, {});
  TRIPLINE_NEED_HOST(host);
  PolicySet set(no_kernel(), *host, {}, made_up_steps());
  set.inherit(left_by({{named("a"), 7, 0, {}}}), {}, {});
  EXPECT_EQ(set.book().modes.taken(), 1U);
  EXPECT_EQ(set.book().next_pair, 40U);
  Haste haste;
  ASSERT_TRUE(carry_out(set, haste, adding_text(watch("a"), 7)).status);
  EXPECT_EQ(set.members()[0].mode, 1U);
  haste.pass(PolicySet::kQuarantine);
  ASSERT_TRUE(carry_out(set, haste, {}).status);
  EXPECT_EQ(set.book().modes.taken(), 1U) << "the old mode is free again";
}

// Until this agent's own manifest is written the last one's counts: an agent that is killed before has changed nothing.
TEST(PolicySetAcrossAgents, CountersThatTheLastManifestNamesAreNotUsedAgainBeforeTheNextOne) {
  auto host = open_host({}, {});
  TRIPLINE_NEED_HOST(host);
  PolicySet set(no_kernel(), *host, {}, made_up_steps());
  Manifest left = left_by({{named("a"), 7, 0, {}}});
  left.resting.push_back({0, kFirst, 0});
  set.inherit(left, {}, {});
  EXPECT_EQ(set.book().counters.taken(), 1U);
  Haste haste;
  ASSERT_TRUE(carry_out(set, haste, adding_text(watch("a"), 7)).status);
  EXPECT_EQ(set.manifest().hooks[0].first_counter, 1U);
  EXPECT_EQ(set.book().counters.taken(), 1U) << "the one of the policy";
}

TEST(PolicySetAcrossAgents, WhatWasInheritedIsHandedOn) {
  auto host = open_host({}, {});
  TRIPLINE_NEED_HOST(host);
  PolicySet set(no_kernel(), *host, {}, made_up_steps());
  set.inherit(
      left_by({{named("a"), 7, 0, {{kFirst, posted(5)}}}, {named("gone"), 9, 1, {{kFirst, posted(1)}}}}), {},
      {});
  EXPECT_EQ(set.manifest().policies.size(), 2U) << "nothing has replaced them yet";
  Haste haste;
  ASSERT_TRUE(carry_out(set, haste, adding_text(watch("a"), 7)).status);
  const Manifest next = set.manifest();
  ASSERT_EQ(next.policies.size(), 1U);
  EXPECT_EQ(next.policies[0].name, named("a"));
  EXPECT_EQ(next.policies[0].document, 7U);
  ASSERT_EQ(next.policies[0].counts.size(), 1U);
  EXPECT_EQ(next.policies[0].counts[0].second.posted, 5U);
  ASSERT_EQ(next.hooks.size(), 1U);
  EXPECT_EQ(next.hooks[0].owned.size(), 1U);
  EXPECT_GT(next.next_pair, 40U);

  // Whoever goes takes it along.
  Change out;
  out.out.push_back(named("a"));
  ASSERT_TRUE(carry_out(set, haste, std::move(out)).status);
  ASSERT_TRUE(carry_out(set, haste, adding_text(watch("a"), 7)).status);
  EXPECT_TRUE(set.inherited().empty());
}

// The next agent must find what is live, also when this one is killed in the middle of a change.
TEST(PolicySetAcrossAgents, TheManifestNamesProgramsBeforeTheyAreLive) {
  auto host = open_host({}, {});
  TRIPLINE_NEED_HOST(host);
  PolicySet set(no_kernel(), *host, {}, made_up_steps());
  std::vector<std::pair<uint32_t, Manifest>> written;  // and the epoch
  set.set_manifest_writer(
      [&](Manifest manifest) { written.emplace_back(host->epoch(), std::move(manifest)); });
  Haste haste;
  ASSERT_TRUE(carry_out(set, haste, adding_text(watch("a"), 1)).status);
  ASSERT_EQ(written.size(), 1U);
  ASSERT_EQ(written[0].second.hooks.size(), 1U);
  EXPECT_GT(written[0].second.hooks[0].born, written[0].first);
  ASSERT_TRUE(carry_out(set, haste, adding_text(watch("a"), 2)).status);
  ASSERT_EQ(written.size(), 2U);
  EXPECT_EQ(written[1].second.hooks.size(), 2U) << "the old one and the new one";
  haste.pass(PolicySet::kQuarantine);
  set.advance(haste.now());
  ASSERT_EQ(written.size(), 3U) << "counters can be used again";
  EXPECT_EQ(written[2].second.hooks.size(), 1U);
  EXPECT_TRUE(written[2].second.resting.empty());
}

TEST(PolicySetAcrossAgents, UntilTheFirstChangeSomethingElseMayBeInForce) {
  auto host = open_host({}, {});
  TRIPLINE_NEED_HOST(host);
  PolicySet set(no_kernel(), *host, {}, made_up_steps());
  set.stand_beside();
  EXPECT_EQ(set.manifest().alone_from, host->epoch() + 2);
  Haste haste;
  ASSERT_TRUE(carry_out(set, haste, {.everything = true}).status);
  EXPECT_EQ(set.manifest().alone_from, 0U);
}

}  // namespace
}  // namespace tripline
