// SPDX-License-Identifier: Apache-2.0
// Nothing here is ever attached: sets with policies are given to processes that have lost their privileges.
#include "agent/set.h"

#include <gtest/gtest.h>

#include "load/privileges.h"

namespace tripline {
namespace {

PolicyPtr watch_fd_install(const std::string& name) {
  CheckedPolicy policy;
  policy.name = name;
  policy.source_name = name + ".yaml";
  CheckedHook hook;
  hook.call = "fd_install";
  hook.target = target::Function{hook.call};
  hook.args.push_back({.type = ArgType::kInt32});
  CheckedSelector selector;
  selector.actions.push_back({CheckedAction::Kind::kPost, {}});
  hook.selectors.push_back(selector);
  policy.hooks.push_back(hook);
  return std::make_shared<const CheckedPolicy>(std::move(policy));
}

TEST(PolicySet, TheEmptySetIsASet) {
  const Kernel kernel;
  auto host = open_host(kernel, {});
  TRIPLINE_NEED_HOST(host);
  PolicySet set(kernel, *host);
  ASSERT_TRUE(set.replace({}));
  const uint32_t epoch = host->epoch();
  ASSERT_TRUE(set.replace({}));
  EXPECT_GT(host->epoch(), epoch);
  EXPECT_TRUE(set.policies().empty());
  EXPECT_TRUE(set.facts()->empty());
  EXPECT_EQ(set.owner(1), nullptr);
  EXPECT_EQ(set.counts_of_gone()->posted, 0U);
  EXPECT_EQ(set.counts(watch_fd_install("never added"))->posted, 0U);
}

TEST(PolicySet, AFailureChangesNothing) {
  const Kernel kernel = running_kernel();
  auto host = open_host(kernel, {.counters = 2});
  TRIPLINE_NEED_HOST(host);
  EXPECT_EQ(without_privileges([&] {
              PolicySet set(kernel, *host);
              const uint32_t epoch = host->epoch();
              const auto replaced = set.replace({watch_fd_install("one"), watch_fd_install("two")});
              if (replaced) return 1;
              if (host->epoch() != epoch) return 2;
              if (!set.policies().empty() || !set.facts()->empty()) return 3;
              // Its numbers are not used again before a while has passed.
              const auto again = [&](PolicySet::Clock::duration later) {
                const auto result = set.replace({watch_fd_install("one"), watch_fd_install("two")},
                                                PolicySet::Clock::now() + later);
                return result ? "" : result.error().detail;
              };
              constexpr std::string_view kTooMany = "too many selectors at once";
              if (again({}) != kTooMany) return 4;
              if (again(2 * PolicySet::kQuarantine) == kTooMany) return 5;
              return 0;
            }),
            0);
}

TEST(PolicySet, TooManySelectorsAreRefused) {
  const Kernel kernel;
  auto host = open_host(kernel, {.counters = 1});
  TRIPLINE_NEED_HOST(host);
  EXPECT_EQ(without_privileges([&] {
              PolicySet set(kernel, *host);
              const auto replaced = set.replace({watch_fd_install("one"), watch_fd_install("two")});
              if (replaced) return 1;
              return replaced.error().detail == "too many selectors at once" ? 0 : 2;
            }),
            0);
}

}  // namespace
}  // namespace tripline
