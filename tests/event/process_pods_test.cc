// SPDX-License-Identifier: Apache-2.0
// Containers and pods of processes (src/event/process_pods.cc).
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "event/process_fixture.h"

namespace tripline {
namespace {

using test::kOffset;
using test::ProcessTest;

const std::string kId = "4f1c6b2a9d3e5f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8";
const std::string kShown = kId.substr(0, 31);

tl_exec in_cgroup(const std::string& name, uint64_t cgroup = 5, uint32_t pid_in_ns = 0) {
  tl_exec exec{};
  exec.cgroup = cgroup;
  exec.pid_in_ns = pid_in_ns;
  name.copy(exec.cgroup_name, sizeof(exec.cgroup_name) - 1);
  return exec;
}

// Where nobody knows of pods.
TEST_F(ProcessTest, TheContainerOfAProcess) {
  fork(20, 10);
  EXPECT_EQ(exec(20, 10, "/bin/a", in_cgroup("ssh.service")).process.process->docker, "");
  const Event event = exec(20, 10, "/bin/a", in_cgroup("cri-containerd-" + kId + ".scope"));
  EXPECT_EQ(event.process.process->docker, kShown);
  EXPECT_FALSE(event.process.process->pod);
  fork(21, 20);
  EXPECT_EQ(exit(21).process.process->docker, kShown) << "its forker's";
  EXPECT_EQ(exec(20, 10, "/bin/a", in_cgroup("a.scope")).process.process->docker, "") << "it was moved";
  const std::string cut =
      "kubelet-kubepods-burstable-pod11111111_2222_3333_4444_555566667777.slice:cri-containerd:" + kId;
  EXPECT_EQ(exec(20, 10, "/bin/a", in_cgroup(cut)).process.process->docker, kShown);
  EXPECT_TRUE(table.complete(*std::make_unique<Event>(event)));
  EXPECT_FALSE(table.add_pods());
}

class InContainers : public ProcessTest {
 protected:
  InContainers() : ProcessTest(options_of(pods_)) {}
  static ProcessOptions options_of(std::map<std::string, PodViewPtr, std::less<>>& pods) {
    return {.node_name = "node",
            .wall_offset = kOffset,
            .container_of = [](uint64_t cgroup) { return cgroup == 9 ? kId : std::string(); },
            .pod_of =
                [&pods](std::string_view id) {
                  const auto found = pods.find(id);
                  return found == pods.end() ? nullptr : found->second;
                }};
  }
  void know(std::string name, std::vector<std::vector<std::string>> probes = {}) {
    PodView view;
    view.name = std::move(name);
    view.probes = std::move(probes);
    pods_[kShown] = std::make_shared<const PodView>(view);
  }

  std::map<std::string, PodViewPtr, std::less<>> pods_;
};

TEST_F(InContainers, APodThatIsKnown) {
  know("web", {{"/bin/check", "now"}});
  fork(20, 10);
  const Event event = exec(20, 10, "/bin/check now", in_cgroup(kId, 5, 7));
  ASSERT_TRUE(event.process.process->pod);
  EXPECT_EQ(event.process.process->pod->of->name, "web");
  EXPECT_EQ(event.process.process->pod->pid, 7u);
  EXPECT_TRUE(event.process.process->pod->may_be_probe);
  EXPECT_FALSE(event.parent->process->pod) << "the shell is of the host";
  fork(21, 20, 0, 8, 1);
  const Event forked = hook(21);
  EXPECT_EQ(forked.process.process->pod->pid, 8u);
  EXPECT_EQ(forked.parent->process->pod->pid, 7u);
  know("other");
  EXPECT_EQ(hook(21).process.process->pod->of->name, "web") << "as it was when it began";
  EXPECT_EQ(exec(21, 20, "/bin/b", in_cgroup(kId, 5, 8)).process.process->pod->of->name, "other");
  EXPECT_FALSE(exec(21, 20, "/bin/b", in_cgroup(kId, 5, 8)).process.process->pod->may_be_probe);
}

TEST_F(InContainers, ACgroupInAContainer) {
  fork(20, 10);
  EXPECT_EQ(exec(20, 10, "/bin/a", in_cgroup("init.scope", 9)).process.process->docker, kShown);
  EXPECT_EQ(exec(20, 10, "/bin/a", in_cgroup("init.scope", 8)).process.process->docker, "");
  EXPECT_EQ(exec(20, 10, "/bin/a", in_cgroup(std::string(64, 'f'), 9)).process.process->docker, kShown)
      << "its name is that of another container";
}

TEST_F(InContainers, APodThatBecomesKnown) {
  fork(20, 10);
  Event begun = exec(20, 10, "/bin/a", in_cgroup(kId, 5, 7));
  fork(21, 20, 0, 8, 1);
  fork(22, 20, 0, 9, 1);
  Event forked = hook(21);
  EXPECT_EQ(forked.process.process->docker, kShown);
  EXPECT_FALSE(table.complete(begun));
  EXPECT_FALSE(table.add_pods()) << "there is no news";
  know("web");
  EXPECT_TRUE(table.add_pods());
  EXPECT_TRUE(table.complete(begun));
  EXPECT_EQ(begun.process.process->pod->of->name, "web");
  EXPECT_EQ(begun.process.process->pod->pid, 7u);
  EXPECT_TRUE(table.complete(forked));
  EXPECT_EQ(forked.process.process->pod->pid, 8u);
  EXPECT_EQ(forked.parent->process, begun.process.process) << "images are shared as before";
  EXPECT_EQ(hook(20).process.process, begun.process.process);
  const Event later = hook(22);
  EXPECT_EQ(later.process.process->pod->pid, 9u) << "nobody had asked for it before";
  EXPECT_EQ(later.parent->process, begun.process.process);
  EXPECT_FALSE(table.add_pods());
}

TEST_F(InContainers, APodOfWhichOthersKnow) {
  fork(20, 10);
  Event begun = exec(20, 10, "/bin/a", in_cgroup(kId, 5, 7));
  table.complete(begun, [](std::string_view) { return std::make_shared<const PodView>(); });
  EXPECT_EQ(begun.process.process->pod->pid, 7u);
  EXPECT_FALSE(hook(20).process.process->pod);
}

TEST_F(InContainers, FoundRunning) {
  know("web");
  RunningProcess inside{.pid = 30, .parent = 10, .pid_in_ns = 1, .ns_level = 1, .exe = "/bin/a"};
  inside.container = kId;
  const auto events = table.add_running(std::vector{inside});
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1].process.process->docker, kShown);
  EXPECT_EQ(events[1].process.process->pod->of->name, "web");
  EXPECT_EQ(events[1].process.process->pod->pid, 1u);
}

}  // namespace
}  // namespace tripline
