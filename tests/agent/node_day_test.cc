// SPDX-License-Identifier: Apache-2.0
// What a node's pods take of memory and time: a day of a thousand pods an hour without growth, and the size of a pod. Time is
// compressed: numbers of containers rest for no time.
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdio>
#include <ctime>
#include <deque>
#include <string>

#include "agent/workloads.h"
#include "load/privileges.h"
#include "pods/store.h"

namespace tripline {
namespace {

using State = Container::State;
constexpr size_t kAtOnce = 110;  // the pods that a kubelet runs at most, by default

size_t memory() { return mallinfo2().uordblks; }
double cpu_seconds() { return static_cast<double>(clock()) / CLOCKS_PER_SEC; }

// As pods are: some labels, an annotation that a tool left, two containers.
Pod pod(uint64_t number, State state) {
  const std::string text = std::to_string(number);
  Pod out{.uid = "11111111-2222-3333-4444-" + std::string(12 - text.size(), '0') + text,
          .name_space = "shop-" + std::to_string(number % 20),
          .name = "web-5d8f7c9b6-" + text,
          .generate_name = "web-5d8f7c9b6-",
          .labels = {{"app.kubernetes.io/name", "web"},
                     {"app.kubernetes.io/instance", "web-production"},
                     {"pod-template-hash", "5d8f7c9b6"},
                     {"team", "team-" + std::to_string(number % 500)}},
          .annotations = {{"kubectl.kubernetes.io/last-applied-configuration", std::string(1000, 'x')}},
          .controller = Owner{"apps/v1", "ReplicaSet", "web-5d8f7c9b6"},
          .node_name = "node-1"};
  for (const char* name : {"main", "proxy"}) {
    std::string id = std::string(name) + text;
    id += std::string(64 - id.size(), 'f');
    out.containers.push_back({.id = state == State::kWaiting ? "" : id,
                              .runtime = "containerd",
                              .name = name,
                              .image = "registry.example.com/shop/web:1.27.3",
                              .image_id = "registry.example.com/shop/web@sha256:" + std::string(64, 'a'),
                              .state = state});
  }
  return out;
}
Scope of_team(int number) {
  const Requirement team{"team", Requirement::Operator::kIn, {"team-" + std::to_string(number)}};
  return {.containers = Scope::Containers{.name_space = {}, .pod = {team}, .container = {}}, .host = false};
}

class NodeDay : public testing::Test {
 protected:
  void SetUp() override {
    host_ = open_host({}, {});
    TRIPLINE_NEED_HOST(host_);
  }
  void take_over(const PodChange& change) {
    for (const std::string& id : change.gone) (void)workloads_.remove(id);
    for (const Resident& each : change.residents) {
      const std::vector<uint64_t> own = {++cgroup_};
      (void)workloads_.put(each.pod, each.container, own);
    }
  }
  bool holds(uint64_t cgroup, const ScopesPtr& scopes, const Scope& scope) {
    const ScopeTable::Place place = scopes->table->place(scope);
    const ScopeMaps& maps = scopes->maps->maps;
    return (maps.word(maps.container_of(cgroup), place.word) & place.bit) != 0;
  }

  std::optional<Host> host_;
  uint64_t cgroup_ = 1000;
  PodStore store_{{}};
  Workloads workloads_{
      {},
      [](const CgroupHierarchy&, uint64_t) { return std::vector<uint64_t>(); },
      [](Host&, const ScopeMaps&, const CgroupHierarchy&) { return Result<Programs>(Programs{}); },
      Workloads::Clock::duration::zero()};
};

TEST_F(NodeDay, AThousandPodsAnHourWithoutGrowth) {
  ScopeNeeds needs;
  for (int n = 0; n < 100; ++n) needs.push_back(of_team(n));
  const Result<ScopesPtr> scopes = workloads_.scopes_for(needs, nullptr, *host_);
  ASSERT_TRUE(scopes);
  constexpr uint64_t kAnHour = 1000, kHours = 24;
  const size_t empty = memory();
  size_t early = 0;
  for (uint64_t n = 0; n < kAnHour * kHours; ++n) {
    take_over(store_.put(pod(n, State::kWaiting)));
    take_over(store_.put(pod(n, State::kRunning)));
    if (n >= kAtOnce) {
      take_over(store_.put(pod(n - kAtOnce, State::kTerminated)));
      take_over(store_.remove(pod(n - kAtOnce, State::kTerminated).uid));
    }
    if (n == 3 * kAnHour) early = memory();
  }
  const size_t late = memory();
  EXPECT_LT(late, early + (64 << 10)) << "bytes, after a day and after three hours";
  EXPECT_EQ(store_.size(), kAtOnce);
  EXPECT_EQ(workloads_.size(), 2 * kAtOnce);
  EXPECT_FALSE(workloads_.wants_room());
  EXPECT_EQ((*scopes)->maps->maps.count().more, (*scopes)->maps->maps.followed().size());
  EXPECT_LT(late - empty, size_t{6} << 20) << "with what is remembered of those that are gone";
  std::printf("a day: %zu bytes after 3 hours, %zu after 24; empty, %zu\n", early, late, empty);
}

TEST_F(NodeDay, TheSizeOfAPod) {
  const size_t before = memory();
  for (uint64_t n = 0; n < kAtOnce; ++n) take_over(store_.put(pod(n, State::kRunning)));
  const size_t each = (memory() - before) / kAtOnce;
  EXPECT_LT(each, size_t{12} << 10);
  std::printf("a pod with two containers: %zu bytes\n", each);
}

TEST_F(NodeDay, AllMembersOfManyPoliciesAtOnce) {
  constexpr uint64_t kPods = 100;
  constexpr int kPolicies = 500;
  ScopeNeeds needs;
  for (int n = 0; n < kPolicies; ++n) needs.push_back(of_team(n));
  const Result<ScopesPtr> scopes = workloads_.scopes_for(needs, nullptr, *host_);
  ASSERT_TRUE(scopes);
  const uint64_t first = cgroup_ + 1;
  for (uint64_t n = 0; n < kPods; ++n) take_over(store_.put(pod(n, State::kRunning)));
  ASSERT_EQ(workloads_.size(), 2 * kPods);
  ASSERT_TRUE(holds(first, *scopes, of_team(0)));
  const double begin = cpu_seconds();
  for (uint64_t n = 0; n < kPods; ++n) {
    Pod changed = pod(n, State::kRunning);
    changed.labels["team"] = "team-" + std::to_string(499 - n);
    EXPECT_EQ(workloads_.change(std::make_shared<const Pod>(std::move(changed))), 2u);
  }
  std::printf("200 containers, 500 policies: %.1f ms\n", 1000 * (cpu_seconds() - begin));
  uint64_t wrong = 0;
  for (uint64_t n = 0; n < 2 * kPods; ++n) {
    for (int team = 0; team < kPolicies; ++team)
      wrong += holds(first + n, *scopes, of_team(team)) != (team == 499 - static_cast<int>(n / 2));
  }
  EXPECT_EQ(wrong, 0u) << "as programs find out";
}

}  // namespace
}  // namespace tripline
