// SPDX-License-Identifier: Apache-2.0
// Policies that are about some processes only, on a real kernel: those of pods, of a namespace, of the host. Containers are
// cgroups that are made here, and the agent is told of them.
//
// usage: containers_test [v1]       (only in a guest: it attaches programs, and mounts cgroups; v1: those of the first version)
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "agent/agent.h"
#include "containers.h"
#include "objects.h"

using namespace tripline;
using namespace tripline::guest;

namespace {

constexpr const char* kWatched = "/tmp/watched";
constexpr long kOffset = 4242;  // of the call of lseek that is watched

enum class Way { kOpen, kSeek };

// What becomes of a process in that cgroup which makes the call; the signal it dies of.
int signal_of_call(const std::string& cgroup, Way way = Way::kOpen) {
  const pid_t child = fork();
  if (child == 0) {
    enter_cgroup(cgroup);
    if (way == Way::kOpen)
      (void)!open(kWatched, O_RDONLY | O_CREAT | O_CLOEXEC, 0644);
    else
      lseek(0, kOffset, SEEK_SET);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}
void killed(const std::string& cgroup, bool expected, const std::string& when, Way way = Way::kOpen) {
  const bool was = signal_of_call(cgroup, way) == SIGKILL;
  if (was != expected)
    expect(false, when + ": a process in \"" + cgroup + "\" was " + (was ? "" : "not ") + "killed");
}

// --- policies

Source policy(const std::string& name, const std::string& name_space, const std::string& spec,
              const std::string& selector = "") {
  return {name,
          std::string("kind: ") + (name_space.empty() ? "TracingPolicy" : "TracingPolicyNamespaced") +
              "\nmetadata: {name: " + name + (name_space.empty() ? "" : ", namespace: " + name_space) +
              "}\nspec:\n" + spec +
              "  kprobes:\n  - call: fd_install\n    syscall: false\n    args: [{index: 1, type: file}]\n"
              "    selectors:\n    - matchArgs: [{index: 1, operator: Equal, values: [" +
              kWatched + "]}]\n      matchActions: [{action: Sigkill}]\n" + selector};
}
// By a tracepoint, whose programs have no types.
Source seeking(const std::string& name, const std::string& name_space) {
  return {name,
          "kind: TracingPolicyNamespaced\nmetadata: {name: " + name + ", namespace: " + name_space +
              "}\nspec:\n  tracepoints:\n  - subsystem: syscalls\n    event: sys_enter_lseek\n"
              "    args: [{index: 6, type: uint64}]\n    selectors:\n    - matchArgs: [{index: 6, operator: "
              "Equal, values: [\"" +
              std::to_string(kOffset) + "\"]}]\n      matchActions: [{action: Sigkill}]\n"};
}

// --- tests

void test_namespaces(Agent& agent) {
  const uint64_t a = make_cgroup("a"), b = make_cgroup("b");
  make_cgroup("a/before");
  make_cgroup("other");
  put(agent, pod("one", "web", {{"app", "web"}}), container("ca"), {a});
  put(agent, pod("two", "web", {{"app", "web"}}), container("cb"), {b});
  if (!add(agent, policy("first", "one", "")) || !add(agent, seeking("sought", "two"))) return;
  const Objects before;
  killed("a", true, "a policy of its namespace");
  killed("b", false, "a policy of another namespace");
  killed("other", false, "of the host, with a namespaced policy");
  killed("a", false, "by a tracepoint, of another namespace", Way::kSeek);
  killed("b", true, "by a tracepoint, of its namespace", Way::kSeek);
  killed("", false, "by a tracepoint, of the host", Way::kSeek);
  make_cgroup("a/inner/innermost");
  killed("a/before", true, "made inside before the policy");
  killed("a/inner", true, "made inside");
  killed("a/inner/innermost", true, "made inside what was made inside");
  rmdir((cgroup_root() + "/a/inner/innermost").c_str());
  const uint64_t c = make_cgroup("c");
  make_cgroup("c/early");
  killed("c", false, "before the agent knows of it");
  put(agent, pod("one", "later", {}), container("cc"), {c});
  killed("c", true, "a container that came later");
  killed("c/early", false, "made inside before its container was known, and not told of");
  expect(agent.workloads().remove("ca"), "it is not known");
  killed("a", false, "when the container is gone");
  killed("a/inner", false, "inside, when the container is gone");
  killed("a/before", false, "inside since before, when the container is gone");
  expect(Objects().programs == before.programs, "programs were exchanged though no policy changed");
  expect(agent.workloads().lost() == 0, "a cgroup was lost");
  clear(agent);
  killed("c", false, "without policies");
}

void test_labels(Agent& agent) {
  const uint64_t a = make_cgroup("l1"), b = make_cgroup("l2");
  put(agent, pod("one", "x", {{"app", "web"}}), container("l1"), {a});
  put(agent, pod("two", "y", {{"app", "db"}}), container("l2", "side"), {b});
  if (!add(agent, policy("labels", "", "  podSelector: {matchLabels: {app: web}}\n"))) return;
  killed("l1", true, "a pod that matches");
  killed("l2", false, "a pod that does not");
  killed("", false, "the host, with a podSelector");
  expect(agent.workloads().change(pod("one", "x", {{"app", "db"}})) == 1, "the pod has no container");
  expect(agent.workloads().change(pod("two", "y", {{"app", "web"}})) == 1, "the pod has no container");
  killed("l1", false, "a pod that matches no more");
  killed("l2", true, "a pod that matches now");
  clear(agent);
  if (!add(agent, policy("names", "",
                         "  containerSelector: {matchExpressions: [{key: name, operator: In, values: "
                         "[side]}]}\n  hostSelector: {}\n")))
    return;
  killed("l1", false, "a container of another name");
  killed("l2", true, "a container of that name");
  killed("", true, "the host, with a hostSelector");
  // More policies on the same hook, each about others: every call is judged for each of them.
  if (!add(agent, policy("host", "", "  podSelector: {matchLabels: {app: none}}\n")) ||
      !add(agent, policy("space", "one", "")))
    return;
  killed("l1", true, "the last of three policies");
  clear(agent);
}

void test_selectors(Agent& agent) {
  const std::string inside = "      matchWorkloads: {podSelector: {matchLabels: {app: web}}}\n";
  if (!add(agent, policy("workloads", "", "", inside))) return;
  killed("l1", false, "matchWorkloads of others");
  killed("l2", true, "matchWorkloads");
  killed("", false, "matchWorkloads, of the host");
  clear(agent);
  if (!add(agent, policy("both", "one", "", inside))) return;
  killed("l2", false, "matchWorkloads in a policy of another namespace");
  clear(agent);
  if (!add(agent, policy("host", "", "  hostSelector: {}\n"))) return;
  killed("l2", false, "a container, with a hostSelector");
  killed("", true, "the host");
  clear(agent);
}

// More containers than there is room for at first.
void test_many(Agent& agent) {
  if (!add(agent, policy("many", "crowd", ""))) return;
  const uint64_t first = make_cgroup("m1"), last = make_cgroup("m2");
  put(agent, pod("crowd", "p", {}), container("m-first"), {first});
  constexpr uint64_t kOthers = 5000;
  uint64_t refused = 0;
  for (uint64_t n = 0; n < kOthers; ++n) {
    const std::vector<uint64_t> cgroups = {(uint64_t{1} << 40) + n};
    if (!agent.workloads().put(pod("else", std::to_string(n), {}), container("m" + std::to_string(n)),
                               cgroups))
      ++refused;
  }
  expect(refused > 0, "there was room for all of them");
  const std::vector<uint64_t> cgroups = {last};
  (void)agent.workloads().put(pod("crowd", "q", {}), container("m-last"), cgroups);
  for (int n = 0; n < 3 || agent.changes(); ++n) {
    (void)agent.wait(std::chrono::milliseconds(200));
    agent.round();
  }
  expect(!agent.workloads().wants_room(), "there is still no room");
  killed("m1", true, "the first of many");
  killed("m2", true, "the last of many");
  killed("l1", false, "another, beside many");
  for (uint64_t n = 0; n < kOthers; ++n) agent.workloads().remove("m" + std::to_string(n));
  expect(agent.workloads().list().size() == 6, "they are not gone");
  clear(agent);
}

int test(bool v1) {
  if (!mount_cgroups(v1)) {
    std::perror("containers_test: mount cgroups");
    return v1 ? 77 : 1;
  }
  const Objects nothing;
  std::unique_ptr<Agent> agent = start_agent([](const Event&) {});
  if (!agent) return 1;
  expect(agent->workloads().cgroups().controller.has_value() == v1, "the hierarchy is another");
  test_namespaces(*agent);
  test_labels(*agent);
  test_selectors(*agent);
  test_many(*agent);
  agent.reset();
  expect(settles(nothing), "something is left");
  return failures() == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (access("/run/guest", F_OK) != 0) {
    std::fprintf(stderr, "containers_test: only in a guest (tools/vm): it attaches programs to the kernel\n");
    return 77;
  }
  return test(argc > 1 && std::strcmp(argv[1], "v1") == 0);
}
