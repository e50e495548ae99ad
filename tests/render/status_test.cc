// SPDX-License-Identifier: Apache-2.0
#include "render/status.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

TEST(Status, WithoutHooksThereIsNoModeAndNothingIsCounted) {
  EXPECT_EQ(to_json({.name = "empty", .state = PolicyState::kEnabled, .mode = {}, .selectors = {}}),
            R"({"name":"empty","state":"TP_STATE_ENABLED"})");
  EXPECT_EQ(to_json({.name = "empty",
                     .namespace_name = "space",
                     .state = PolicyState::kEnabled,
                     .mode = {},
                     .selectors = {}}),
            R"({"name":"empty","namespace":"space","state":"TP_STATE_ENABLED"})");
}

TEST(Status, OfAPolicyForOtherNodes) {
  EXPECT_EQ(to_json({.name = "p", .state = PolicyState::kSkipped, .mode = {}, .selectors = {}}),
            R"({"name":"p","state":"TP_STATE_SKIPPED"})");
}

TEST(Status, CountsOfNothingAreAnEmptyObject) {
  EXPECT_EQ(to_json({.name = "quiet",
                     .state = PolicyState::kPartiallyEnabled,
                     .mode = PolicyMode::kMonitorOnly,
                     .selectors = {}}),
            R"({"name":"quiet","state":"TP_STATE_PARTIALLY_ENABLED","mode":"TP_MODE_MONITOR_ONLY",)"
            R"("stats":{"action_counters":{}}})");
}

TEST(Status, WhatHooksWithoutSelectorsDidIsInTheSum) {
  const SelectorStatus selector{.hook = "uprobe:/lib/l", .counts = {.post = 1}};
  EXPECT_EQ(
      to_json({.name = "p",
               .state = PolicyState::kEnabled,
               .mode = PolicyMode::kMonitorOnly,
               .selectors = {selector},
               .unselected = {.post = 2, .nopost = 3}}),
      R"({"name":"p","state":"TP_STATE_ENABLED","mode":"TP_MODE_MONITOR_ONLY","stats":{)"
      R"("action_counters":{"post":"3","nopost":"3"},"selector_action_counters":[)"
      R"({"hook":"uprobe:/lib/l","hook_index":0,"selector_index":0,"action_counters":{"post":"1"}}]}})");
}

TEST(Status, PositionsAreShownThoughTheyAreZeroAndCountsAreText) {
  const SelectorStatus first{.hook = "kprobe:sys_lseek", .counts = {.post = 1, .nopost = 9}};
  const SelectorStatus second{.hook = "lsm:file_open",
                              .hook_index = 2,
                              .selector_index = 3,
                              .counts = {.post = 18446744073709551614U, .override_return = 5},
                              .label = "a \"label\""};
  EXPECT_EQ(to_json({.name = "p",
                     .state = PolicyState::kEnabled,
                     .mode = PolicyMode::kEnforce,
                     .selectors = {first, second}}),
            R"({"name":"p","state":"TP_STATE_ENABLED","mode":"TP_MODE_ENFORCE","stats":{)"
            R"("action_counters":{"post":"18446744073709551615","override":"5","nopost":"9"},)"
            R"("selector_action_counters":[)"
            R"({"hook":"kprobe:sys_lseek","hook_index":0,"selector_index":0,)"
            R"("action_counters":{"post":"1","nopost":"9"}},)"
            R"({"hook":"lsm:file_open","hook_index":2,"selector_index":3,)"
            R"("action_counters":{"post":"18446744073709551614","override":"5"},)"
            R"("selector_label":"a \"label\""}]}})");
}

TEST(Status, EveryCountHasItsName) {
  const SelectorStatus all{.hook = "kprobe:f",
                           .counts = {.post = 1,
                                      .signal = 2,
                                      .monitor_signal = 3,
                                      .override_return = 4,
                                      .monitor_override = 5,
                                      .set = 6,
                                      .monitor_set = 7,
                                      .nopost = 8}};
  const std::string text = to_json(
      {.name = "p", .state = PolicyState::kEnabled, .mode = PolicyMode::kMonitor, .selectors = {all}});
  EXPECT_NE(text.find(R"("mode":"TP_MODE_MONITOR","stats":{"action_counters":{"post":"1","signal":"2",)"
                      R"("monitor_signal":"3","override":"4","monitor_override":"5","set":"6",)"
                      R"("monitor_set":"7","nopost":"8"})"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace tripline
