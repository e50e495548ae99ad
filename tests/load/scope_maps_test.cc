// SPDX-License-Identifier: Apache-2.0
#include "load/scope_maps.h"

#include <bpf/bpf.h>
#include <gtest/gtest.h>

#include <vector>

#include "load/privileges.h"

namespace tripline {
namespace {

ScopeMaps made(const ScopeSizes& sizes) {
  Result<ScopeMaps> maps = ScopeMaps::make(sizes);
  EXPECT_TRUE(maps);
  return std::move(*maps);
}

#define TRIPLINE_NEED_MAPS() \
  if (!ScopeMaps::make({})) GTEST_SKIP() << "needs CAP_BPF"

TEST(ScopeMaps, CgroupsBelongToContainersAndAllOthersToTheHost) {
  TRIPLINE_NEED_MAPS();
  ScopeMaps maps = made({});
  EXPECT_EQ(maps.container_of(7), 0U);
  ASSERT_TRUE(maps.put(7, 1));
  ASSERT_TRUE(maps.put(8, 2));
  EXPECT_EQ(maps.container_of(7), 1U);
  EXPECT_EQ(maps.container_of(8), 2U);
  ASSERT_TRUE(maps.put(7, 3));
  EXPECT_EQ(maps.container_of(7), 3U);
  maps.drop(7);
  EXPECT_EQ(maps.container_of(7), 0U);
  EXPECT_EQ(maps.container_of(8), 2U);
}

// With two cells nearly all of them are in the hash map.
TEST(ScopeMaps, CellsThatAreTaken) {
  TRIPLINE_NEED_MAPS();
  ScopeMaps maps = made({.cell_bits = 1, .more = 50});
  size_t refused = 0;
  for (uint64_t cgroup = 1; cgroup <= 60; ++cgroup)
    refused += maps.put(cgroup, static_cast<uint32_t>(cgroup)) ? 0 : 1;
  EXPECT_EQ(refused, 8U);
  EXPECT_EQ(maps.count().more, 50U);
  EXPECT_EQ(maps.followed().size(), 50U);
  for (uint64_t cgroup = 1; cgroup <= 52; ++cgroup) EXPECT_EQ(maps.container_of(cgroup), cgroup);
  EXPECT_EQ(maps.container_of(60), 0U) << "it was refused";
  ASSERT_TRUE(maps.put(52, 9)) << "it is there already";
  EXPECT_EQ(maps.container_of(52), 9U);
  for (uint64_t cgroup = 1; cgroup <= 60; ++cgroup) maps.drop(cgroup);
  EXPECT_EQ(maps.count().more, 0U);
  for (uint64_t cgroup = 1; cgroup <= 60; ++cgroup) EXPECT_EQ(maps.container_of(cgroup), 0U);
  for (uint64_t cgroup = 1; cgroup <= 52; ++cgroup) EXPECT_TRUE(maps.put(cgroup, 1));
}

// What the kernel followed, and the agent is told of afterwards.
TEST(ScopeMaps, ACgroupThatGetsACellLeavesTheHashMap) {
  TRIPLINE_NEED_MAPS();
  ScopeMaps maps = made({.cell_bits = 1, .more = 50});
  uint64_t first = 1;
  uint64_t second = 2;
  ASSERT_TRUE(maps.put(first, 1));
  while (maps.count().more == 0) ASSERT_TRUE(maps.put(second++, 2));
  const uint64_t behind = second - 1;
  for (uint64_t cgroup = 1; cgroup < behind; ++cgroup) maps.drop(cgroup);
  EXPECT_EQ(maps.container_of(behind), 2U);
  ASSERT_TRUE(maps.put(behind, 3));
  EXPECT_EQ(maps.container_of(behind), 3U);
  EXPECT_EQ(maps.count().more, 0U);
}

TEST(ScopeMaps, Rows) {
  TRIPLINE_NEED_MAPS();
  ScopeMaps maps = made({.containers = 4, .words = 2});
  maps.set_row(3, std::vector<uint64_t>{5, 6});
  EXPECT_EQ(maps.word(3, 0), 5U);
  EXPECT_EQ(maps.word(3, 1), 6U);
  maps.set_row(3, std::vector<uint64_t>{7});
  EXPECT_EQ(maps.word(3, 0), 7U);
  EXPECT_EQ(maps.word(3, 1), 0U);
  maps.set_row(4, std::vector<uint64_t>{9, 9});  // there is none
  const uint32_t third = 3;
  uint64_t seen[2] = {};
  ASSERT_EQ(bpf_map_lookup_elem(maps.map(TL_MAP_SCOPES), &third, seen), 0);
  EXPECT_EQ(seen[0], 7U);
}

}  // namespace
}  // namespace tripline
