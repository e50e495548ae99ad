// SPDX-License-Identifier: Apache-2.0
#include "policy/checked.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

TEST(Checked, EventsNameTheFunctionThatThePolicyMeans) {
  CheckedHook hook;
  hook.call = "file_open";
  hook.target = target::Function{"security_file_open"};
  EXPECT_EQ(shown_function(hook), "security_file_open");
  hook.target = target::LsmHook{"file_open"};
  EXPECT_EQ(shown_function(hook), "security_file_open") << "its program is attached elsewhere";
  hook.kind = HookKind::kLsm;
  EXPECT_EQ(shown_function(hook), "file_open");
  hook.target = target::Function{"security_file_open"};
  EXPECT_EQ(shown_function(hook), "file_open");
}

TEST(Checked, WhatWaitsForTheReturn) {
  CheckedHook hook;
  hook.args.resize(2);
  EXPECT_FALSE(waits_for_return(hook));
  hook.args[1].return_copy = true;
  EXPECT_TRUE(waits_for_return(hook));
}

TEST(Checked, APolicyTracksSocketsWhereAnActionHasOne) {
  CheckedPolicy policy;
  policy.hooks.resize(1);
  policy.hooks[0].selectors.resize(1);
  policy.hooks[0].selectors[0].actions = {{.kind = CheckedAction::Kind::kTrackSock, .span = {}}};
  EXPECT_FALSE(tracks_sockets(policy)) << "there is none at that position";
  policy.hooks[0].selectors[0].actions[0].sock = 0;
  EXPECT_TRUE(tracks_sockets(policy));
}

}  // namespace
}  // namespace tripline
