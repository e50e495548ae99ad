// SPDX-License-Identifier: Apache-2.0
// Notices: policies leave them for a thread, drop them, and have them enforced, and the function returns what the oracle
// says. Who notifies and who enforces are one function, so that one program does both: as in a policy of two functions
// notices are taken when all sections have been judged.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "abi/maps.h"
#include "agree/this_kernel.h"
#include "agree/trial.h"
#include "kernel/kernel.h"

namespace tripline::agree {
namespace {

using Kind = CheckedAction::Kind;
using oracle::Random;

// Not a function that can be overridden, but its program returns what one would return for the function.
const oracle::Shape kShape{
    "file_check_and_advance_wb_err", Attachment::kTracingRaw, {ArgType::kFile, ArgType::kInt32}};

class AgreeNotice : public OnThisKernel {
 protected:
  static CheckedSelector selector_on(int64_t number, std::vector<CheckedAction> actions) {
    CheckedSelector out;
    out.filters = {
        IntFilter{.arg = 1, .op = IntFilter::Op::kEqual, .values = {{number, number}}, .span = {}}};
    out.actions = std::move(actions);
    return out;
  }

  static CheckedAction notify(int32_t error) {
    return {.kind = Kind::kNotifyEnforcer, .span = {}, .error = error};
  }
  static CheckedAction action(Kind kind) { return {.kind = kind, .span = {}}; }

  // One that enforces what it is notified of, unless it is one of those that only notify.
  static CheckedPolicy policy_of(const std::string& name, std::vector<CheckedSelector> selectors,
                                 bool takes = true) {
    CheckedPolicy out;
    out.name = name;
    out.source_name = name + ".yaml";
    out.hooks.push_back(oracle::plain_section(kShape, std::move(selectors)));
    std::erase_if(out.hooks[0].args, [](const CheckedArg& arg) { return arg.type == ArgType::kFile; });
    for (CheckedSelector& selector : out.hooks[0].selectors)
      for (Filter& filter : selector.filters) std::get<IntFilter>(filter).arg = 0;
    if (takes) out.enforced.push_back(oracle::plain_section(kShape, {}));
    return out;
  }

  static std::string call(Trial& trial, int32_t number) {
    const std::vector<uint64_t> arguments = {0, static_cast<uint64_t>(number)};
    return trial.call({oracle::File{}, int64_t{number}}, arguments);
  }

  static void expect_missed(Trial& trial, const std::vector<CheckedPolicy>& policies) {
    std::map<std::pair<uint64_t, uint32_t>, uint64_t> wanted;
    for (const auto& [name, missed] : trial.expectation().notices().missed) {
      const auto policy = std::ranges::find(policies, name, &CheckedPolicy::name);
      ASSERT_NE(policy, policies.end());
      const uint64_t key = notice_key(*policy, 0);
      if (missed.overwritten > 0) wanted[{key, TL_MISSED_OVERWRITTEN}] = missed.overwritten;
      if (missed.dropped > 0) wanted[{key, TL_MISSED_NO_ACTION}] = missed.dropped;
    }
    EXPECT_EQ(trial.runner().missed(), wanted) << trial.describe();
  }
};

// Left and taken by the same call; the last of two, none when it was dropped again.
TEST_F(AgreeNotice, OneCall) {
  const std::vector<CheckedPolicy> policies = {policy_of(
      "p", {selector_on(1, {notify(-13)}), selector_on(2, {notify(-13), notify(-5)}),
            selector_on(3, {notify(-13), action(Kind::kCleanupEnforcerNotification), action(Kind::kNoPost)}),
            selector_on(4, {notify(0)}), selector_on(5, {action(Kind::kCleanupEnforcerNotification)})})};
  auto trial = Trial::create(policies, kShape, *kernel);
  ASSERT_TRUE(trial) << trial.error().text();
  const std::map<int32_t, int32_t> wanted = {{0, 0}, {1, -13}, {2, -5}, {3, 0}, {4, 0}, {5, 0}, {6, 0}};
  for (const auto& [number, result] : wanted) {
    ASSERT_EQ(call(**trial, number), "") << number;
    EXPECT_EQ((*trial)->runner().result(), result) << number;
  }
  EXPECT_EQ((*trial)->counters(), "");
  expect_missed(**trial, policies);
  EXPECT_EQ((*trial)->expectation().notices().missed.at("p"), (oracle::Notices::Missed{1, 1}));
}

TEST_F(AgreeNotice, Random) {
  uint64_t matches = 0;
  uint64_t enforced = 0;
  const uint64_t first = first_seed();
  for (uint64_t seed = first; seed < first + cases(30); ++seed) {
    Random random(seed);
    std::vector<CheckedPolicy> policies;
    for (uint32_t count = 1 + random.below(4); count > 0; --count) {
      std::vector<CheckedSelector> selectors;
      for (int64_t number = 0; number < 6; ++number) {
        if (random.chance(30)) continue;
        std::vector<CheckedAction> actions;
        for (uint32_t more = 1 + random.below(3); more > 0; --more) {
          switch (random.below(4)) {
            case 0:
              actions.push_back(action(Kind::kCleanupEnforcerNotification));
              break;
            case 1:
              actions.push_back(action(random.chance(50) ? Kind::kPost : Kind::kNoPost));
              break;
            default:
              actions.push_back(notify(-static_cast<int32_t>(random.below(40))));
          }
        }
        selectors.push_back(selector_on(number, std::move(actions)));
      }
      if (selectors.empty()) selectors.push_back(selector_on(1, {notify(-1)}));
      CheckedPolicy& policy = policies.emplace_back(
          policy_of("p" + std::to_string(count), std::move(selectors), random.chance(75)));
      policy.enforce = random.chance(80);
    }
    auto trial = Trial::create(policies, kShape, *kernel);
    ASSERT_TRUE(trial) << "seed " << seed << ": " << trial.error().text();
    for (int i = 0; i < 60; ++i) {
      ASSERT_EQ(call(**trial, static_cast<int32_t>(random.below(7))), "") << "seed " << seed << '\n'
                                                                          << (*trial)->describe();
      enforced += (*trial)->runner().result() != 0 ? 1 : 0;
    }
    ASSERT_EQ((*trial)->counters(), "") << "seed " << seed << '\n' << (*trial)->describe();
    expect_missed(**trial, policies);
    if (HasFailure()) FAIL() << "seed " << seed;
    matches += (*trial)->matches();
  }
  EXPECT_GT(matches, 500U);
  EXPECT_GT(enforced, 200U);
}

}  // namespace
}  // namespace tripline::agree
