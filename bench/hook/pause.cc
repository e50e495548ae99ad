// SPDX-License-Identifier: Apache-2.0
// How long the agent's loop stands still while a thousand policies are added, a hundred at a time, each hundred to
// another function: prints the longest time between the ends of two rounds, in milliseconds. It attaches programs.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <string>
#include <utility>

#include "agent/agent.h"

using namespace tripline;

namespace {

constexpr int kTogether = 100;
// With a file as their first parameter.
constexpr std::array kFunctions = {"vfs_read",
                                   "vfs_write",
                                   "vfs_fsync",
                                   "vfs_llseek",
                                   "vfs_fallocate",
                                   "vfs_fsync_range",
                                   "security_file_permission",
                                   "security_file_open",
                                   "security_file_ioctl",
                                   "security_file_lock"};

Source document(const std::string& function, int number) {
  const std::string name = "pause-" + std::to_string(number);
  return {name, "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: " + name +
                    "}\nspec:\n  kprobes:\n  - {call: " + function +
                    ", syscall: false, args: [{index: 0, type: file}], selectors: [{matchArgs: [{index: 0, "
                    "operator: Equal, values: [/tmp/" +
                    name + "]}]}]}\n"};
}

int refuse(const Error& error) {
  std::fprintf(stderr, "%s\n", error.text().c_str());
  return 1;
}

int measure() {
  Result<ProbeReport> probed =
      probe_kernel({.functions = false, .formats = false, .lsm_hooks = false, .modules = false});
  if (!probed) return refuse(probed.error());
  AgentOptions options;
  options.asked = probed->scope;
  Result<std::unique_ptr<Agent>> agent = Agent::start(
      std::make_shared<const Kernel>(std::move(probed->kernel)), std::move(options), [](const Event&) {});
  if (!agent) return refuse(agent.error());
  std::string failure;
  size_t done = 0;
  int number = 0;
  for (const char* function : kFunctions) {
    Change change;
    for (int n = 0; n < kTogether; ++n) change.in.push_back({.document = document(function, number++)});
    (*agent)->request(std::move(change), [&](const ChangeResult& result) {
      ++done;
      if (!result.status) failure = result.status.error().text();
    });
  }
  Agent::Clock::duration longest{};
  (*agent)->round();
  auto last = Agent::Clock::now();
  while (done < kFunctions.size()) {
    (void)(*agent)->wait(std::chrono::milliseconds(1));
    (*agent)->round();
    longest = std::max(longest, Agent::Clock::now() - last);
    last = Agent::Clock::now();
  }
  if (!failure.empty() || (*agent)->policies().size() != kFunctions.size() * kTogether) {
    std::fprintf(stderr, "not all were added: %s\n", failure.c_str());
    return 1;
  }
  std::printf("%.2f\n", std::chrono::duration<double, std::milli>(longest).count());
  return 0;
}

}  // namespace

int main() {
  if (access("/run/guest", F_OK) != 0) {
    std::fprintf(stderr, "bench_pause: only in a guest (tools/vm): it attaches programs to the kernel\n");
    return 77;
  }
  return measure();
}
