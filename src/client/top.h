// SPDX-License-Identifier: Apache-2.0
// `top`: what the policies of an agent on this machine do and cost, update by update. Their counts come from the
// agent, the cost of their programs from the kernel, which measures it while `top` runs.
//
// Note: a hook has one program for all policies, so calls and cost are the hook's and are shown for each policy. Losses
// are the policy's and are shown for each of its hooks.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/bpf_objects.h"
#include "client/channel.h"
#include "flags/parse.h"

namespace tetragon {
class ListTracingPoliciesResponse;
}

namespace tripline::api {
class GetLossesResponse;
}

namespace tripline {

[[nodiscard]] int show_top(const flags::Parsed& parsed, Channel& channel);

// What was seen at one time.
struct Look {
  std::vector<BpfProgram> programs;                   // of tripline
  std::vector<std::vector<std::string>> names;        // of each hook: policy, hook
  std::vector<std::pair<uint64_t, uint64_t>> counts;  // of each hook: events posted, actions performed
  // Of each policy, by name: its events that were lost. Absent: the agent is of another kind, and does not say.
  std::optional<std::map<std::string, uint64_t>> lost;
  uint64_t life_lost = 0, reader_lost = 0;  // forks, execs and exits; events that slow readers missed
};
void take_losses(const api::GetLossesResponse& losses, Look& look);
void take_policies(const tetragon::ListTracingPoliciesResponse& policies, Look& look);
[[nodiscard]] std::string top_text(const Look& before, const Look& now, std::chrono::nanoseconds interval);

// The name of the program of a hook as the kernel knows it: KIND:NAME, where NAME is that of the policy.
[[nodiscard]] bool is_program_of(const std::string& program, const std::string& hook);

}  // namespace tripline
