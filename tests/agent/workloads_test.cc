// SPDX-License-Identifier: Apache-2.0
// What the kernel is told of containers. Nothing is attached: nobody follows cgroups here.
#include "agent/workloads.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "load/privileges.h"

namespace tripline {
namespace {

std::shared_ptr<const Pod> pod(const std::string& name_space, Labels labels = {}) {
  Pod out;
  out.uid = "uid-" + name_space;
  out.name_space = name_space;
  out.labels = std::move(labels);
  return std::make_shared<const Pod>(std::move(out));
}
Container container(const std::string& id) {
  Container out;
  out.id = id;
  out.name = id;
  return out;
}
Scope of(const std::string& name_space) {
  return {.containers = Scope::Containers{.name_space = name_space, .pod = {}, .container = {}},
          .host = false};
}
Scope with_label(const std::string& key) {
  return {.containers =
              Scope::Containers{
                  .name_space = {}, .pod = {{key, Requirement::Operator::kExists, {}}}, .container = {}},
          .host = false};
}
const Scope kHost{.containers = {}, .host = true};

bool put(Workloads& workloads, std::shared_ptr<const Pod> of, const std::string& id,
         std::vector<uint64_t> cgroups) {
  return workloads.put(std::move(of), container(id), cgroups).has_value();
}

// Does a call from that cgroup concern the scope, as programs find out?
bool holds(const ScopesPtr& scopes, uint64_t cgroup, const Scope& scope) {
  const ScopeMaps& maps = scopes->maps->maps;
  const ScopeTable::Place place = scopes->table->place(scope);
  return (maps.word(maps.container_of(cgroup), place.word) & place.bit) != 0;
}

class WorkloadsOfKernel : public testing::Test {
 protected:
  void SetUp() override {
    host_ = open_host({}, {});
    TRIPLINE_NEED_HOST(host_);
  }
  ScopesPtr scopes(const ScopeNeeds& needs, const ScopesPtr& current = nullptr) {
    Result<ScopesPtr> out = workloads_.scopes_for(needs, current, *host_);
    EXPECT_TRUE(out);
    return out ? *out : nullptr;
  }

  std::optional<Host> host_;
  std::map<uint64_t, std::vector<uint64_t>> inside_;
  int followed_ = 0;
  Workloads workloads_{{},
                       [this](const CgroupHierarchy&, uint64_t cgroup) { return inside_[cgroup]; },
                       [this](Host&, const ScopeMaps&, const CgroupHierarchy&) {
                         ++followed_;
                         return Result<Programs>(Programs{});
                       }};
};

TEST(Workloads, WhoIsWhere) {
  Workloads workloads;
  EXPECT_FALSE(put(workloads, pod("a"), "", {1})) << "a container without id";
  EXPECT_TRUE(put(workloads, pod("a"), "x", {5, 3}));
  EXPECT_TRUE(put(workloads, pod("a"), "x", {4, 3}));
  EXPECT_TRUE(put(workloads, pod("b"), "y", {5}));
  const std::vector<Workloads::Listed> list = workloads.list();
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].cgroups, (std::vector<uint64_t>{3, 4}));
  EXPECT_EQ(list[1].cgroups, std::vector<uint64_t>{5}) << "the last who is told of it has it";
  EXPECT_EQ(list[1].pod->name_space, "b");
  EXPECT_EQ(workloads.change(pod("a", {{"k", "v"}})), 1U);
  EXPECT_EQ(workloads.list()[0].pod->labels.size(), 1U);
  EXPECT_TRUE(workloads.remove("x"));
  EXPECT_FALSE(workloads.remove("x"));
  EXPECT_EQ(workloads.size(), 1U);
  EXPECT_FALSE(workloads.wants_room());
}

TEST_F(WorkloadsOfKernel, RowsFollowPods) {
  EXPECT_EQ(scopes({}), nullptr);
  ASSERT_TRUE(put(workloads_, pod("a"), "x", {10}));
  const ScopesPtr first = scopes({of("a"), of("b"), with_label("k"), kHost});
  ASSERT_TRUE(first);
  EXPECT_TRUE(holds(first, 10, of("a")));
  EXPECT_FALSE(holds(first, 10, of("b")));
  EXPECT_FALSE(holds(first, 10, kHost));
  EXPECT_TRUE(holds(first, 99, kHost));
  EXPECT_FALSE(holds(first, 99, of("a")));
  ASSERT_TRUE(put(workloads_, pod("b"), "y", {11}));
  EXPECT_TRUE(holds(first, 11, of("b")));
  EXPECT_EQ(workloads_.change(pod("b", {{"k", ""}})), 1U);
  EXPECT_TRUE(holds(first, 11, with_label("k")));
  EXPECT_FALSE(holds(first, 10, with_label("k")));
  EXPECT_TRUE(workloads_.remove("y"));
  EXPECT_TRUE(holds(first, 11, kHost));
  // Its number is another's only after a while.
  ASSERT_TRUE(put(workloads_, pod("c"), "z", {12}));
  EXPECT_NE(first->maps->maps.container_of(12), 2U);
}

TEST_F(WorkloadsOfKernel, TheNextVersionHasTheSameMapsAsLongAsThereIsRoom) {
  ASSERT_TRUE(put(workloads_, pod("a"), "x", {10}));
  const ScopesPtr first = scopes({of("a"), of("b")});
  EXPECT_EQ(scopes({of("a")}, first), first);
  const ScopesPtr second = scopes({of("a"), of("c")}, first);
  EXPECT_EQ(second->maps, first->maps);
  EXPECT_EQ(followed_, 1);
  ASSERT_TRUE(put(workloads_, pod("b"), "y", {11}));
  ASSERT_TRUE(put(workloads_, pod("c"), "z", {12}));
  EXPECT_TRUE(holds(first, 11, of("b"))) << "programs of the version before still run";
  EXPECT_TRUE(holds(second, 12, of("c")));
  EXPECT_TRUE(holds(second, 10, of("a")));
  ScopeNeeds crowd;
  for (int n = 0; n < 200; ++n) crowd.push_back(of(std::to_string(n)));
  crowd.push_back(of("a"));
  const ScopesPtr third = scopes(crowd, second);
  EXPECT_NE(third->maps, second->maps);
  EXPECT_GE(third->table->words, 4U);
  EXPECT_TRUE(holds(third, 10, of("a")));
  EXPECT_TRUE(holds(first, 10, of("a")));
  ASSERT_TRUE(put(workloads_, pod("a"), "last", {13}));
  EXPECT_TRUE(holds(first, 13, of("a")) && holds(second, 13, of("a")) && holds(third, 13, of("a")));
}

TEST_F(WorkloadsOfKernel, CgroupsInsideAreItsOwn) {
  inside_[10] = {20, 21};
  inside_[11] = {10};  // another container's
  ASSERT_TRUE(put(workloads_, pod("a"), "x", {10}));
  ASSERT_TRUE(put(workloads_, pod("b"), "y", {11}));
  const ScopesPtr first = scopes({of("a"), kHost});
  EXPECT_TRUE(holds(first, 20, of("a")));
  EXPECT_TRUE(holds(first, 21, of("a")));
  EXPECT_TRUE(holds(first, 10, of("a")));
  EXPECT_TRUE(workloads_.remove("x"));
  EXPECT_TRUE(holds(first, 21, kHost));
}

TEST_F(WorkloadsOfKernel, RoomIsMadeBeforeItIsGone) {
  const ScopesPtr first = scopes({of("a")});
  uint32_t count = 0;
  while (!workloads_.wants_room() && count < 100'000) {
    ASSERT_TRUE(put(workloads_, pod("a"), "c" + std::to_string(count), {1000 + count}));
    ++count;
  }
  EXPECT_LT(count, first->maps->maps.sizes().containers);
  const ScopesPtr second = scopes({of("a")}, first);
  EXPECT_NE(second, first);
  EXPECT_FALSE(workloads_.wants_room());
  for (uint32_t n = 0; n < count; ++n) ASSERT_TRUE(holds(second, 1000 + n, of("a")));
}

}  // namespace
}  // namespace tripline
