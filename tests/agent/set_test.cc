// SPDX-License-Identifier: Apache-2.0
// Nothing here is ever attached: sets are made up, or given to processes that have lost their privileges.
#include "agent/set.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "agent/made_up.h"
#include "load/privileges.h"

namespace tripline {
namespace {

using namespace std::chrono_literals;

KnownKernel no_kernel() { return {std::make_shared<const Kernel>(), {}}; }

std::vector<std::string> names_of(const PolicySet& set) {
  std::vector<std::string> out;
  for (const Member& member : set.members()) out.push_back(member.id.name.name);
  return out;
}

TEST(PolicySet, TheEmptySetIsASet) {
  auto host = open_host({}, {});
  TRIPLINE_NEED_HOST(host);
  PolicySet set(no_kernel(), *host);
  Haste haste;
  ASSERT_TRUE(carry_out(set, haste, {}).status);
  const uint32_t epoch = host->epoch();
  ASSERT_TRUE(carry_out(set, haste, {.everything = true}).status);
  EXPECT_GT(host->epoch(), epoch);
  EXPECT_TRUE(set.members().empty());
  EXPECT_TRUE(set.programs()->empty());
  EXPECT_EQ(set.owner(1), 0U);
  EXPECT_EQ(set.forgotten().posted, 0U);
  EXPECT_EQ(set.counts(7)->posted, 0U);
}

TEST(PolicySet, PoliciesComeAndGo) {
  auto host = open_host({}, {});
  TRIPLINE_NEED_HOST(host);
  PolicySet set(no_kernel(), *host, {}, made_up_steps());
  Haste haste;
  const ChangeResult added = carry_out(set, haste, adding({watch("a"), watch("b")}));
  ASSERT_TRUE(added.status);
  EXPECT_EQ(added.ids, (std::vector<PolicyId>{{2, named("a")}, {3, named("b")}}));
  EXPECT_EQ(names_of(set), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(set.owner(1), 2U);
  EXPECT_EQ(set.owner(2), 3U);
  EXPECT_EQ(set.book().slots.taken(), 1U) << "one hook";

  // A new one of the same name takes the place of the old one in one change, behind all others.
  Change replaced = adding({watch("a")});
  replaced.out.push_back(named("a"));
  ASSERT_TRUE(carry_out(set, haste, std::move(replaced)).status);
  EXPECT_EQ(names_of(set), (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(set.find(named("a"))->id.generation, 4U);
  EXPECT_EQ(set.find(Generation{2}), nullptr);
  EXPECT_EQ(set.owner(1), 2U) << "records can be on their way";

  haste.pass(PolicySet::kQuarantine);
  ASSERT_TRUE(carry_out(set, haste, {.everything = true}).status);
  EXPECT_EQ(set.owner(1), 0U);
  EXPECT_TRUE(set.members().empty());
  EXPECT_TRUE(set.book().pairs.empty());
  haste.pass(PolicySet::kQuarantine);
  ASSERT_TRUE(carry_out(set, haste, {}).status);
  EXPECT_EQ(set.book().slots.taken() + set.book().counters.taken() + set.book().modes.taken(), 0U);
}

TEST(PolicySet, WhatStaysTheSameKeepsItsProgramAndItsIdentity) {
  auto host = open_host({}, {});
  TRIPLINE_NEED_HOST(host);
  Steps steps = made_up_steps();
  std::vector<std::string> compiled;
  steps.compile = [&](const HookPlan& plan, const Kernel&, const Numbering& numbering) {
    compiled.push_back(short_name(plan.target));
    return Result<Object>(made_up_object(plan, numbering));
  };
  PolicySet set(no_kernel(), *host, {}, steps);
  Haste haste;
  const PolicyPtr a = watch("a", "f");
  ASSERT_TRUE(carry_out(set, haste, adding({a, watch("b", "g")})).status);
  Change change = adding({a, watch("c", "g")});
  change.everything = true;
  ASSERT_TRUE(carry_out(set, haste, std::move(change)).status);
  EXPECT_EQ(compiled, (std::vector<std::string>{"f", "g", "g"}));
  EXPECT_EQ(set.members()[0].id.generation, 2U);
  EXPECT_EQ(set.members()[1].id.generation, 4U);
}

TEST(PolicySet, ADisabledPolicyKeepsItsPlace) {
  auto host = open_host({}, {});
  TRIPLINE_NEED_HOST(host);
  PolicySet set(no_kernel(), *host, {}, made_up_steps());
  Haste haste;
  ASSERT_TRUE(carry_out(set, haste, adding({watch("a", "f"), watch("b", "g")})).status);
  ASSERT_TRUE(set.set_enforces(named("a"), false));
  ASSERT_TRUE(carry_out(set, haste, {.off = {named("a")}}).status);
  EXPECT_FALSE(set.members()[0].enabled);
  EXPECT_EQ(set.members()[0].id.generation, 2U);
  EXPECT_EQ(set.set_enforces(named("a"), true).error().errnum, EINVAL);
  EXPECT_EQ(carry_out(set, haste, {.off = {named("a")}}).status.error().errnum, EALREADY);
  EXPECT_EQ(carry_out(set, haste, {.on = {named("b")}}).status.error().errnum, EALREADY);
  haste.pass(PolicySet::kQuarantine);
  ASSERT_TRUE(carry_out(set, haste, {}).status);
  EXPECT_EQ(set.book().slots.taken(), 1U);
  ASSERT_TRUE(carry_out(set, haste, {.on = {named("a")}}).status);
  EXPECT_TRUE(set.members()[0].enabled);
  EXPECT_EQ(set.members()[0].id, (PolicyId{2, named("a")}));
  EXPECT_FALSE(set.enforces(set.members()[0]));
  EXPECT_EQ(set.book().slots.taken(), 2U);
}

TEST(PolicySet, TheModeIsAWord) {
  auto host = open_host({}, {});
  TRIPLINE_NEED_HOST(host);
  Steps steps = made_up_steps();
  std::map<std::string, std::vector<uint32_t>> places;
  steps.compile = [&](const HookPlan& plan, const Kernel&, const Numbering& numbering) {
    places[short_name(plan.target)] = numbering.modes;
    return Result<Object>(made_up_object(plan, numbering));
  };
  PolicySet set(no_kernel(), *host, {}, steps);
  Haste haste;
  CheckedPolicy monitoring = *watch("b", "g");
  monitoring.enforce = false;
  ASSERT_TRUE(
      carry_out(set, haste, adding({watch("a", "f"), std::make_shared<const CheckedPolicy>(monitoring)}))
          .status);
  ASSERT_EQ(places["f"].size(), 1U);
  ASSERT_EQ(places["g"].size(), 1U);
  EXPECT_TRUE(host->enforces(places["f"][0]));
  EXPECT_FALSE(host->enforces(places["g"][0]));
  const uint32_t epoch = host->epoch();
  ASSERT_TRUE(set.set_enforces(named("b"), true));
  EXPECT_TRUE(host->enforces(places["g"][0]));
  EXPECT_EQ(host->epoch(), epoch);
  // Another policy at the same hook changes nothing about it.
  ASSERT_TRUE(carry_out(set, haste, adding({watch("c", "g")})).status);
  EXPECT_TRUE(set.enforces(*set.find(named("b"))));
  EXPECT_EQ(places["g"].size(), 2U);

  CheckedPolicy harmless = *watch("d");
  harmless.enforce = false;
  harmless.monitor_only = true;
  ASSERT_TRUE(carry_out(set, haste, adding({std::make_shared<const CheckedPolicy>(harmless)})).status);
  EXPECT_EQ(set.set_enforces(named("d"), true).error().errnum, EINVAL);
  EXPECT_EQ(set.set_enforces(named("none"), true).error().errnum, ENOENT);
}

// The kernel takes its time; the loop goes on, and changes that are asked for meanwhile wait in order.
TEST(PolicySet, NoRoundWaitsForAChange) {
  auto host = open_host({}, {});
  TRIPLINE_NEED_HOST(host);
  Steps steps = made_up_steps();
  steps.attach = [](Programs&) {
    std::this_thread::sleep_for(300ms);
    return Result<void>();
  };
  PolicySet set(no_kernel(), *host, {}, steps);
  std::vector<std::string> done;
  for (const std::string name : {"a", "b"})
    set.request(adding({watch(name, name)}), [&, name](const ChangeResult&) { done.push_back(name); });
  PolicySet::Clock::duration longest{};
  uint64_t rounds = 0;
  while (set.busy()) {
    const auto before = PolicySet::Clock::now();
    set.advance();
    longest = std::max(longest, PolicySet::Clock::now() - before);
    ++rounds;
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_EQ(done, (std::vector<std::string>{"a", "b"}));
  EXPECT_LT(longest, 100ms);
  EXPECT_GT(rounds, 50U);
}

TEST(PolicySet, ASetThatEndsStopsWhatIsBeingPrepared) {
  auto host = open_host({}, {});
  TRIPLINE_NEED_HOST(host);
  std::atomic<int> attached = 0;
  Steps steps = made_up_steps();
  steps.attach = [&](Programs&) {
    ++attached;
    attached.notify_all();
    std::this_thread::sleep_for(50ms);
    return Result<void>();
  };
  const uint32_t epoch = host->epoch();
  {
    PolicySet set(no_kernel(), *host, {}, steps);
    set.request(adding({watch("a", "a"), watch("b", "b"), watch("c", "c")}), {});
    set.advance();
    attached.wait(0);
  }
  EXPECT_EQ(attached, 1);
  EXPECT_EQ(host->epoch(), epoch);
}

TEST(PolicySet, AfterTheEndNothingChanges) {
  auto host = open_host({}, {});
  TRIPLINE_NEED_HOST(host);
  PolicySet set(no_kernel(), *host, {}, made_up_steps());
  Haste haste;
  bool ended = false;
  set.request(adding({watch("a")}), {});
  set.request_end([&](const ChangeResult& result) { ended = result.status.has_value(); });
  settle_down(set, haste);
  EXPECT_TRUE(ended);
  EXPECT_EQ(carry_out(set, haste, adding({watch("b")})).status.error().errnum, EPERM);
  EXPECT_EQ(names_of(set), std::vector<std::string>{"a"});
}

TEST(PolicySet, ASettledSetIsFinal) {
  auto host = open_host({}, {});
  TRIPLINE_NEED_HOST(host);
  PolicySet set(no_kernel(), *host, {}, made_up_steps());
  Haste haste;
  ASSERT_TRUE(carry_out(set, haste, adding({watch("a")})).status);
  EXPECT_NE(set.settle(), nullptr);
  EXPECT_EQ(carry_out(set, haste, {.everything = true}).status.error().errnum, EPERM);
  EXPECT_EQ(names_of(set), std::vector<std::string>{"a"});
}

// A wait for calls that lasts until it is told to end; nobody waits for ever.
class HeldWait {
 public:
  Result<void> operator()() {
    std::unique_lock lock(mutex_);
    ++begun_;
    changed_.notify_all();
    if (!changed_.wait_for(lock, 10s, [this] { return allowed_ > 0; })) return fail("wait", "", ETIMEDOUT);
    --allowed_;
    return {};
  }
  bool has_begun(int times) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 10s, [&] { return begun_ >= times; });
  }
  void end_one() {
    const std::lock_guard lock(mutex_);
    ++allowed_;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int begun_ = 0;
  int allowed_ = 0;
};

PolicyPtr watch_tracepoint(const std::string& name) {
  CheckedPolicy policy = *watch(name);
  policy.hooks[0].kind = HookKind::kTracepoint;
  policy.hooks[0].target = target::Tracepoint{"raw_syscalls", "sys_exit"};
  policy.hooks[0].attachment = Attachment::kTracingRaw;
  return std::make_shared<const CheckedPolicy>(std::move(policy));
}

// However much time goes by, neither store is made while calls are under way that it could come between.
TEST(PolicySet, AStoreWaitsForTheCallsUnderWay) {
  auto host = open_host({}, {});
  TRIPLINE_NEED_HOST(host);
  HeldWait held;
  Steps steps = made_up_steps();
  steps.wait_for_calls = [&held] { return held(); };
  PolicySet set(no_kernel(), *host, {}, steps);
  Haste haste;
  ASSERT_TRUE(carry_out(set, haste, adding({watch_tracepoint("a")})).status) << "nobody's calls";

  const uint32_t epoch = host->epoch();
  const auto rounds = [&] {
    for (int n = 0; n < 100; ++n) set.advance(haste.now());
  };
  bool done = false;
  Change change = adding({watch_tracepoint("b")});
  change.everything = true;
  set.request(std::move(change), [&done](const ChangeResult& result) { done = result.status.has_value(); });
  while (set.due()) set.advance(haste.now());
  pollfd bell{set.worker().bell(), POLLIN, 0};
  poll(&bell, 1, 10'000);  // it is prepared
  rounds();
  ASSERT_TRUE(held.has_begun(1));  // the old program runs first, so all calls must meet the new one
  rounds();
  EXPECT_EQ(host->epoch(), epoch);
  EXPECT_FALSE(set.due()) << "the bell tells";
  held.end_one();
  poll(&bell, 1, 10'000);
  rounds();
  ASSERT_TRUE(held.has_begun(2));
  rounds();
  EXPECT_EQ(host->epoch(), epoch + 2);
  EXPECT_FALSE(done);
  held.end_one();
  settle_down(set, haste);
  EXPECT_EQ(host->epoch(), epoch + 3);
  EXPECT_TRUE(done);
}

TEST(PolicySet, WhereTheKernelDoesNotWaitForCallsTimeGoesBy) {
  auto host = open_host({}, {});
  TRIPLINE_NEED_HOST(host);
  Steps steps = made_up_steps();
  int waits = 0;
  steps.wait_for_calls = [&waits] {
    ++waits;
    return fail("wait for calls", "", EPERM);
  };
  PolicySet set(no_kernel(), *host, {}, steps, Worker::Place::kHere);
  Haste haste;
  ASSERT_TRUE(carry_out(set, haste, adding({watch("a")})).status);
  const uint32_t epoch = host->epoch();
  Change change = adding({watch("b")});
  change.everything = true;
  set.request(std::move(change), {});
  const auto now = haste.now();
  set.advance(now);
  EXPECT_EQ(waits, 1);
  EXPECT_EQ(host->epoch(), epoch + 2);
  set.advance(now + PolicySet::kHandOver - 1ms);
  EXPECT_EQ(host->epoch(), epoch + 2);
  set.advance(now + PolicySet::kHandOver);
  EXPECT_EQ(host->epoch(), epoch + 3);
}

// However many come and go, what is kept is of those that are there.
TEST(PolicySet, TenThousandChangesLeaveNoMemoryBehind) {
  auto host = open_host({}, {});
  TRIPLINE_NEED_HOST(host);
  PolicySet set(no_kernel(), *host, {}, made_up_steps(), Worker::Place::kHere);
  Haste haste;
  const auto rounds = [&](int from, int to) {
    for (int n = from; n < to; ++n) {
      Change change = adding({watch("p" + std::to_string(n), "f" + std::to_string(n % 7))});
      for (const Member& member : set.members()) change.out.push_back(member.id.name);
      EXPECT_TRUE(carry_out(set, haste, std::move(change)).status);
      haste.pass(1s);
    }
    haste.pass(2 * PolicySet::kQuarantine);
    EXPECT_TRUE(carry_out(set, haste, {.everything = true}).status);
    haste.pass(2 * PolicySet::kQuarantine);
    EXPECT_TRUE(carry_out(set, haste, {}).status);
  };
  rounds(0, 1000);
  const size_t before = mallinfo2().uordblks;
  rounds(1000, 11'000);
  const size_t after = mallinfo2().uordblks;
  EXPECT_LE(after, before + (64 << 10));
  EXPECT_EQ(set.book().slots.taken() + set.book().counters.taken() + set.book().modes.taken(), 0U);
  EXPECT_TRUE(set.book().pairs.empty());
}

TEST(PolicySet, TheKernelsRefusalChangesNothing) {
  const auto kernel = std::make_shared<const Kernel>(running_kernel());
  auto host = open_host(*kernel, {.counters = 2});
  TRIPLINE_NEED_HOST(host);
  EXPECT_EQ(without_privileges([&] {
              PolicySet set({kernel, {}}, *host);
              Haste haste;
              const uint32_t epoch = host->epoch();
              if (carry_out(set, haste, adding({watch("one"), watch("two")})).status) return 1;
              if (host->epoch() != epoch) return 2;
              if (!set.members().empty() || !set.programs()->empty()) return 3;
              if (set.book().slots.taken() + set.book().counters.taken() + set.book().modes.taken() != 0)
                return 4;
              return 0;
            }),
            0);
}

}  // namespace
}  // namespace tripline
