// SPDX-License-Identifier: Apache-2.0
// Changes of the policies on bad days, on a real kernel. Whatever step of a change fails, the set in force judges every
// call as before and nothing is left of the failed one; a mode that is switched holds from the next call on; a slow
// change stops no round.
//
// usage: change_test       (only in a guest: it attaches programs)
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <future>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "agent/agent.h"
#include "kernel/kernel.h"
#include "objects.h"

using namespace tripline;

namespace {

constexpr const char* kWatched = "/tmp/changed";
constexpr int kCalls = 10;  // between two changes
constexpr std::chrono::milliseconds kLongestPause{500};

Source document(const std::string& name, const std::string& function, const std::string& action) {
  return {name,
          "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: \"" + name +
              "\"\nspec:\n  kprobes:\n  - call: \"" + function +
              "\"\n    syscall: false\n    args:\n    - index: " + (function == "fd_install" ? "1" : "0") +
              "\n      type: \"file\"\n    selectors:\n    - matchArgs:\n      - index: " +
              (function == "fd_install" ? "1" : "0") +
              "\n        operator: \"Equal\"\n        values:\n        - \"" + kWatched +
              "\"\n      matchActions:\n      - action: " + action + "\n"};
}

Change adding(std::vector<Source> documents) {
  Change out;
  for (Source& each : documents) out.in.push_back({.document = std::move(each)});
  return out;
}

PolicyName named(const std::string& name) { return {"", "", name}; }

int complain(const std::string& what) {
  std::fprintf(stderr, "change_test: %s\n", what.c_str());
  return 1;
}

void call_often(int times) {
  for (int n = 0; n < times; ++n) close(open(kWatched, O_RDONLY | O_CREAT | O_CLOEXEC, 0644));
}

uint64_t unposted(const Agent& agent, const PolicyId& policy) {
  const auto counter = agent.counts(policy);
  return counter ? static_cast<uint64_t>(counter->unposted) : 0;
}

// Steps of which one can be told to fail.
struct Faults {
  std::string step;  // empty: none
  int nth = 0;
  int calls = 0;
  std::chrono::milliseconds slow{};  // each attach takes that much longer

  [[nodiscard]] bool strikes(const std::string& at) { return at == step && ++calls == nth; }

  Steps steps() {
    const Steps real;
    Steps out;
    out.compile = [this, real](const HookPlan& plan, const Kernel& kernel,
                               const Numbering& numbering) -> Result<Object> {
      if (strikes("compile")) return fail("compile", short_name(plan.target), ENOMEM);
      Result<Object> object = real.compile(plan, kernel, numbering);
      if (object && strikes("object")) object->elf.resize(object->elf.size() / 2);
      return object;
    };
    out.load = [this, real](Host& host, const Object& object, const SetMaps& maps) -> Result<Programs> {
      if (strikes("load")) return fail("load programs", "", ENOMEM);
      return real.load(host, object, maps);
    };
    out.attach = [this, real](Programs& programs) -> Result<void> {
      if (slow.count() > 0) std::this_thread::sleep_for(slow);
      if (strikes("attach")) return fail("attach", "", ENOMEM);
      Result<void> attached = real.attach(programs);
      if (attached && strikes("attached")) return fail("attach", "", EINTR);
      return attached;
    };
    return out;
  }
};

// The policy in force is on fd_install. The change that fails puts another one beside it, and one on another function.
int test_failures(Agent& agent, Faults& faults) {
  if (const auto added = agent.perform(adding({document("there", "fd_install", "NoPost")})).status; !added)
    return complain(added.error().text());
  const PolicyId there = agent.policies().front().id;
  call_often(kCalls);
  const uint64_t before = unposted(agent, there);
  if (before != kCalls) return complain("the set in force does not count");
  const Objects objects;
  uint64_t expected = before;
  int failures = 0;
  const auto failed = [&](const std::string& what, const ChangeResult& result) {
    call_often(kCalls);
    expected += kCalls;
    if (result.status) return complain(what + ": it did not fail");
    if (agent.policies().size() != 1 || agent.policies().front().id != there)
      return complain(what + ": the set has changed");
    if (unposted(agent, there) != expected)
      return complain(what + ": " + std::to_string(unposted(agent, there)) + " calls counted, not " +
                      std::to_string(expected));
    if (!settles(objects)) return complain(what + ": something is left in the kernel");
    ++failures;
    return 0;
  };
  const auto change = [] {
    return adding({document("beside", "fd_install", "NoPost"), document("else", "vfs_fsync", "NoPost")});
  };
  for (const auto& [step, nth] : std::vector<std::pair<std::string, int>>{{"compile", 1},
                                                                          {"compile", 2},
                                                                          {"object", 1},
                                                                          {"object", 2},
                                                                          {"load", 1},
                                                                          {"load", 2},
                                                                          {"attach", 1},
                                                                          {"attach", 2},
                                                                          {"attached", 1},
                                                                          {"attached", 2}}) {
    faults.step = step;
    faults.nth = nth;
    faults.calls = 0;
    if (failed(step + " " + std::to_string(nth), agent.perform(change())) != 0) return 1;
  }
  faults.step.clear();
  Change bad = change();
  bad.in.push_back(
      {.document = Source{"bad", "kind: TracingPolicy\nmetadata: {name: bad}\nspec: {kprobes: 7}\n"}});
  if (failed("a bad document", agent.perform(std::move(bad))) != 0) return 1;

  // No descriptor for the next map, program, link or memory file, at each of them in turn.
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  const auto open_files = std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}) - 1;
  bool came_through = false;
  for (rlim_t more = 1; more < 60 && !came_through; ++more) {
    const rlimit few{static_cast<rlim_t>(open_files) + more, files.rlim_max};
    setrlimit(RLIMIT_NOFILE, &few);
    const ChangeResult result = agent.perform(change());
    setrlimit(RLIMIT_NOFILE, &files);
    came_through = result.status.has_value();
    if (!came_through && failed(std::to_string(more) + " descriptors", result) != 0) return 1;
  }
  if (!came_through) return complain("it fails when nothing is wrong");
  call_often(kCalls);
  expected += kCalls;
  if (unposted(agent, there) != expected) return complain("the count did not go on");
  if (unposted(agent, agent.policies()[1].id) != kCalls) return complain("the new policy does not count");
  std::printf("%d changes failed, %llu calls counted\n", failures, static_cast<unsigned long long>(expected));
  return agent.perform({.everything = true}).status ? 0 : 1;
}

volatile sig_atomic_t signals = 0;

int test_modes(Agent& agent) {
  signal(SIGUSR1, [](int) { signals = signals + 1; });
  Source signalling = document("signals", "fd_install", "Signal");
  signalling.text += "        argSig: 10\n      - action: NoPost\n";
  if (const auto added = agent.perform(adding({signalling})).status; !added)
    return complain(added.error().text());
  const long programs = Objects().programs;
  for (const bool enforces : {true, false, true, false}) {
    if (const auto set = agent.set_enforces(named("signals"), enforces); !set)
      return complain(set.error().text());
    const int before = signals;
    call_often(kCalls);
    if (signals - before != (enforces ? kCalls : 0))
      return complain(std::to_string(signals - before) + " signals came");
  }
  const auto counter = agent.counts(agent.policies().front().id);
  if (!counter || counter->signals != 2 * kCalls || counter->monitored_signals != 2 * kCalls ||
      counter->unposted != 4 * kCalls)
    return complain("the counts did not go on");
  if (Objects().programs != programs) return complain("a program was exchanged");
  // Disabled, it does nothing, and keeps its id and its counts.
  const PolicyId id = agent.policies().front().id;
  if (!agent.perform({.off = {named("signals")}}).status) return complain("it cannot be disabled");
  if (agent.set_enforces(named("signals"), true)) return complain("what is disabled has no mode");
  call_often(kCalls);
  if (!agent.perform({.on = {named("signals")}}).status) return complain("it cannot be enabled");
  call_often(1);
  const auto later = agent.counts(id);
  if (!later || later->monitored_signals != 2 * kCalls + 1 || agent.policies().front().id != id)
    return complain("the counts did not survive");
  std::printf("%d signals for %d calls\n", static_cast<int>(signals), 5 * kCalls + 1);
  return agent.perform({.everything = true}).status ? 0 : 1;
}

// Events of calls that are made while a change is being prepared come while it is.
int test_rounds(Agent& agent, Faults& faults, const uint64_t& events) {
  if (const auto added = agent.perform(adding({document("posts", "fd_install", "Post")})).status; !added)
    return complain(added.error().text());
  faults.slow = std::chrono::seconds(3);
  bool done = false;
  const uint64_t before = events;
  uint64_t calls = 0;
  uint64_t seen_before_the_end = 0;
  Agent::Clock::duration longest{};
  auto last = Agent::Clock::now();
  agent.request(adding({document("slow", "vfs_fsync", "Post")}), [&](const ChangeResult& result) {
    done = result.status.has_value();
    seen_before_the_end = events - before;
  });
  while (!done && calls < 100'000) {
    call_often(1);
    ++calls;
    (void)agent.wait(std::chrono::milliseconds(50));
    agent.round();
    longest = std::max(longest, Agent::Clock::now() - last);
    last = Agent::Clock::now();
  }
  faults.slow = {};
  agent.round();
  agent.round();
  const auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(longest);
  std::printf("%llu calls, %llu of them seen before the change was done, longest pause %lld ms\n",
              static_cast<unsigned long long>(calls), static_cast<unsigned long long>(seen_before_the_end),
              static_cast<long long>(pause.count()));
  if (!done || events - before != calls) return complain("not every call became an event");
  if (calls < 10 || seen_before_the_end + 5 < calls) return complain("events waited for the change");
  return pause <= kLongestPause ? 0 : complain("a round waited for the change");
}

// What a document needs to know of the kernel, and nobody had asked before, is asked when it comes.
int test_learning(Agent& agent) {
  const std::string head = "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: ";
  const Source tracepoint{"tracepoint", head +
                                            "tracepoint}\nspec:\n  tracepoints:\n  - {subsystem: syscalls, "
                                            "event: sys_enter_fsync, args: [{index: 5, type: uint64}]}\n"};
  const Source wrong{"wrong",
                     head + "wrong}\nspec:\n  tracepoints:\n  - {subsystem: syscalls, event: none}\n"};
  const ChangeResult refused = agent.perform(adding({tracepoint, wrong}));
  if (refused.status || refused.documents.size() != 2 || !refused.documents[0].policy ||
      refused.documents[1].policy || refused.documents[1].diagnostics.errors() != 1)
    return complain("a wrong document is not told from a good one");
  if (const auto added = agent.perform(adding({tracepoint})).status; !added)
    return complain(added.error().text());
  return agent.perform({.everything = true}).status ? 0 : 1;
}

// Another thread has the agent do something, and gets an answer.
int test_posting(Agent& agent) {
  std::promise<size_t> answer;
  std::future<size_t> told = answer.get_future();
  std::thread other([&] { agent.post([&](Agent& same) { answer.set_value(same.policies().size()); }); });
  const auto before = Agent::Clock::now();
  bool came = false;
  while (!came && Agent::Clock::now() - before < std::chrono::seconds(20)) {
    (void)agent.wait(std::chrono::seconds(30));
    agent.round();
    came = told.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  }
  other.join();
  return came && told.get() == 0 ? 0 : complain("what was posted was not done");
}

int test() {
  ProbeScope little{.functions = false, .formats = false, .lsm_hooks = false, .modules = false};
  Result<ProbeReport> probed = probe_kernel(little);
  if (!probed) return complain(probed.error().text());
  const Objects nothing;
  Faults faults;
  uint64_t events = 0;
  AgentOptions options;
  options.asked = probed->scope;
  options.steps = faults.steps();
  Result<std::unique_ptr<Agent>> agent =
      Agent::start(std::make_shared<const Kernel>(std::move(probed->kernel)), std::move(options),
                   [&events](const Event& event) {
                     if (std::holds_alternative<ProcessKprobe>(event.payload)) ++events;
                   });
  if (!agent) return complain(agent.error().text());
  if (const int failed = test_failures(**agent, faults); failed != 0) return failed;
  if (const int failed = test_modes(**agent); failed != 0) return failed;
  if (const int failed = test_learning(**agent); failed != 0) return failed;
  if (const int failed = test_posting(**agent); failed != 0) return failed;
  if (const int failed = test_rounds(**agent, faults, events); failed != 0) return failed;
  // Ended in the middle of a change, it leaves nothing either.
  faults.slow = std::chrono::seconds(1);
  (*agent)->request(adding({document("last", "vfs_fsync", "Post")}), {});
  (*agent)->round();
  agent->reset();
  return settles(nothing) ? 0 : complain("something is left");
}

}  // namespace

int main() {
  if (access("/run/guest", F_OK) != 0) {
    std::fprintf(stderr, "change_test: only in a guest (tools/vm): it attaches programs to the kernel\n");
    return 77;
  }
  return test();
}
