// SPDX-License-Identifier: Apache-2.0
#include "client/top.h"

#include <gtest/gtest.h>

#include "tetragon/sensors.pb.h"
#include "tripline/agent.pb.h"

namespace tripline {
namespace {

using std::chrono::seconds;

tetragon::ListTracingPoliciesResponse policies(uint64_t posts, uint64_t signals) {
  tetragon::ListTracingPoliciesResponse out;
  tetragon::TracingPolicyStatus& policy = *out.add_policies();
  policy.set_name("seeks");
  auto& hook = *policy.add_hook_statuses();
  hook.set_section("kprobes");
  hook.set_hook_description("sys_lseek");
  auto& selector = *policy.mutable_stats()->add_selector_action_counters();
  selector.set_hook("kprobe:sys_lseek");
  selector.mutable_action_counters()->set_post(posts);
  selector.mutable_action_counters()->set_signal(signals);
  return out;
}

Look look(uint64_t posts, uint64_t signals, BpfProgram program) {
  Look out;
  take_policies(policies(posts, signals), out);
  out.programs.push_back(std::move(program));
  return out;
}

TEST(Top, WhatAPolicyDidBetweenTwoLooks) {
  const Look before = look(10, 1, {.id = 7, .name = "tl_sys_lseek", .runs = 100, .time = seconds(1)});
  const Look now =
      look(30, 5, {.id = 7, .name = "tl_sys_lseek", .runs = 300, .time = std::chrono::milliseconds(1020)});
  EXPECT_EQ(top_text(before, now, seconds(2)),
            "1.00% of a CPU in 1 programs, 100 calls/s\n\n"
            "POLICY   HOOK               CALLS/S   POSTS/S   ACTIONS/S   LOST   MISSED   NS/CALL   CPU%\n"
            "seeks    kprobe:sys_lseek   100       10        2           -      0        100000    1.00\n");
}

TEST(Top, WhatWasLostBetweenTwoLooks) {
  const BpfProgram program{.id = 7, .name = "tl_sys_lseek"};
  const auto with = [&](uint64_t ring, uint64_t life) {
    api::GetLossesResponse losses;
    api::PolicyLosses& policy = *losses.add_policies();
    policy.set_name("seeks");
    policy.set_ring(ring);
    policy.set_alone(1);
    policy.set_forgotten(ring);
    policy.set_cut(1);
    losses.set_life(life);
    losses.set_readers(7 * life);
    Look out = look(0, 0, program);
    take_losses(losses, out);
    return out;
  };
  EXPECT_EQ(top_text(with(2, 1), with(5, 3), seconds(1)),
            "0.00% of a CPU in 1 programs, 0 calls/s\n"
            "2 forks, execs and exits lost\n14 events missed by slow readers\n\n"
            "POLICY   HOOK               CALLS/S   POSTS/S   ACTIONS/S   LOST   MISSED   NS/CALL   CPU%\n"
            "seeks    kprobe:sys_lseek   0         0         0           6      0        -         0.00\n");
  EXPECT_TRUE(top_text(with(5, 3), with(1, 0), seconds(1)).contains("           4      0 "))
      << "another agent";
}

TEST(Top, CountsThatStartedAnew) {
  const BpfProgram program{.id = 7, .name = "tl_sys_lseek"};
  EXPECT_TRUE(top_text(look(30, 5, program), look(2, 0, program), seconds(1))
                  .ends_with("seeks    kprobe:sys_lseek   0         0         0           -      0        -  "
                             "       0.00\n"));
}

TEST(Top, AProgramOfNoPolicyStandsAlone) {
  const BpfProgram program{.id = 8, .name = "tl_other"};
  EXPECT_TRUE(
      top_text(look(0, 0, program), look(0, 0, program), seconds(1)).contains("\n-        tl_other "));
}

TEST(Top, NamesOfPrograms) {
  EXPECT_TRUE(is_program_of("tl_sys_lseek", "kprobe:sys_lseek"));
  EXPECT_TRUE(is_program_of("tlr_sys_lseek", "kprobe:__x64_sys_lseek"));
  EXPECT_TRUE(is_program_of("tl_sys_enter_um", "tracepoint:syscalls/sys_enter_umask"));
  EXPECT_TRUE(is_program_of("tl_file_open", "lsm:file_open"));
  EXPECT_FALSE(is_program_of("tl_sys_read", "kprobe:sys_readv"));
}

}  // namespace
}  // namespace tripline
