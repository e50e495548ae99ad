// SPDX-License-Identifier: Apache-2.0
// A thousand policies are added and removed, ten at a time, and ten thousand times something else about them is changed:
// their mode, whether they are enabled, or nothing because the change fails. Nothing is left of them: no program, map or
// link in the kernel, and no memory in it or in this process that grows with their number. What this process holds is what malloc
// says is in use, and its mappings: its resident memory changes by megabytes with what malloc gives back, and when.
//
// usage: churn_test [ROUNDS]       (only in a guest: it attaches programs)
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "agent/agent.h"
#include "kernel/kernel.h"
#include "objects.h"
#include "policy_text.h"

using namespace tripline;

namespace {

constexpr int kTogether = 10;  // policies added at once
constexpr int kModes = 100;    // changes of a mode, in each round
// What there may be more of after the rounds than after the first of them.
constexpr long kAllocated = 128;    // kB
constexpr long kMappings = 8;       // malloc's own come and go
constexpr long kKernel = 6 * 1024;  // kB; others use it, too

PolicyPtr make_policy(const Kernel& kernel, int number) {
  const std::string id = std::to_string(number);
  return policy_from(
      "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: \"churn-" + id +
          "\"\nspec:\n  kprobes:\n  - call: \"fd_install\"\n    syscall: false\n    args:\n"
          "    - index: 1\n      type: \"file\"\n    selectors:\n    - matchArgs:\n"
          "      - index: 1\n        operator: \"Equal\"\n        values:\n        - \"/tmp/churn-" +
          id + "\"\n      matchActions:\n      - action: Sigkill\n",
      kernel);
}

int refuse(const Error& error) {
  std::fprintf(stderr, "churn_test: %s\n", error.text().c_str());
  return 1;
}

// The number behind each of `keys` in a file of /proc, in kB, added up.
long kilobytes(const char* path, const std::vector<std::string>& keys) {
  std::ifstream file(path);
  long sum = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string key;
    long value = 0;
    words >> key >> value;
    for (const std::string& wanted : keys) {
      if (key == wanted + ":") sum += value;
    }
  }
  return sum;
}

long allocated() {
  const struct mallinfo2 now = mallinfo2();
  return static_cast<long>((now.uordblks + now.hblkhd) / 1024);
}

long mappings() {
  std::ifstream file("/proc/self/maps");
  return std::count(std::istreambuf_iterator<char>(file), {}, '\n');
}

struct Memory {
  long allocated = ::allocated();
  long mappings = ::mappings();
  long kernel = kilobytes("/proc/meminfo", {"SUnreclaim", "VmallocUsed", "Percpu"});
};

Result<void> round_of(Agent& agent, const Kernel& kernel, int round, std::atomic<bool>& faulty) {
  std::vector<PolicyPtr> policies;
  for (int i = 0; i < kTogether; ++i) {
    policies.push_back(make_policy(kernel, round * kTogether + i));
    if (policies.back() == nullptr) return fail("make policy", "", 0);
  }
  faulty = true;
  if (agent.add(policies)) return fail("fail to add", "", 0);
  faulty = false;
  if (const auto added = agent.add(policies); !added) return added;
  if (agent.add(policies)) return fail("fail to add", "twice", 0);
  for (int i = 0; i < kModes; ++i) {
    const PolicyName name{{}, {}, policies[static_cast<size_t>(i % kTogether)]->name};
    if (const auto set = agent.set_enforces(name, i % 3 == 0); !set) return set;
  }
  for (const bool on : {false, true}) {
    Change change;
    (on ? change.on : change.off) = {{{}, {}, policies[5]->name}};
    if (const auto done = agent.perform(std::move(change)).status; !done) return done;
  }
  // One is taken out while the others stay, then all.
  if (const auto removed = agent.remove("", policies[3]->name); !removed)
    return std::unexpected(removed.error());
  if (const auto replaced = agent.replace({}); !replaced) return replaced;
  agent.round();
  return {};
}

// What is out of use is kept for a while, for records that are still on their way.
void rest(Agent& agent) {
  std::this_thread::sleep_for(PolicySet::kQuarantine);
  agent.round();
}

int test(const std::shared_ptr<const Kernel>& kernel, int rounds) {
  std::atomic<bool> faulty = false;  // then what is attached is taken for not attached
  AgentOptions options;
  options.host.counters = 1 << 14;  // those of what is gone rest for a while
  options.steps.attach = [&faulty](Programs& programs) -> Result<void> {
    Result<void> attached = programs.attach();
    if (attached && faulty) return fail("attach", "", ENOMEM);
    return attached;
  };
  Result<std::unique_ptr<Agent>> agent = Agent::start(kernel, std::move(options), [](const Event&) {});
  if (!agent) return refuse(agent.error());
  const int warm = rounds / 4;  // what is allocated once, is by then
  for (int round = 0; round < warm; ++round) {
    if (const auto done = round_of(**agent, *kernel, round, faulty); !done) return refuse(done.error());
  }
  rest(**agent);
  const Objects objects;
  const Memory before;
  for (int round = warm; round < rounds; ++round) {
    if (const auto done = round_of(**agent, *kernel, round, faulty); !done) return refuse(done.error());
  }
  rest(**agent);
  const bool settled = settles(objects);
  const Memory after;
  const Objects left;
  const long grown = after.allocated - before.allocated;
  const long mapped = after.mappings - before.mappings;
  const long kernel_grown = after.kernel - before.kernel;
  std::printf("%d policies: programs %ld -> %ld, maps %ld -> %ld, links %ld -> %ld\n", rounds * kTogether,
              objects.programs, left.programs, objects.maps, left.maps, objects.links, left.links);
  std::printf("process %+ld kB (at most %ld), %+ld mappings (%ld), kernel %+ld kB (%ld)\n", grown, kAllocated,
              mapped, kMappings, kernel_grown, kKernel);
  const bool small = grown <= kAllocated && mapped <= kMappings && kernel_grown <= kKernel;
  return settled && small ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (access("/run/guest", F_OK) != 0) {
    std::fprintf(stderr, "churn_test: only in a guest (tools/vm): it attaches programs to the kernel\n");
    return 77;
  }
  Result<ProbeReport> probed = probe_kernel({.features = true, .functions = false});
  if (!probed) return refuse(probed.error());
  return test(std::make_shared<const Kernel>(std::move(probed->kernel)), argc > 1 ? std::atoi(argv[1]) : 100);
}
