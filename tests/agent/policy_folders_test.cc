// SPDX-License-Identifier: Apache-2.0
#include "agent/policy_folders.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "agent/made_up.h"

namespace tripline {
namespace {

TEST(PolicyFolders, ThereIsOneForEachPolicyWithPrograms) {
  std::string above = testing::TempDir() + "foldersXXXXXX";
  ASSERT_NE(mkdtemp(above.data()), nullptr);
  const auto there = [&] {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(above))
      out.push_back(entry.path().filename());
    std::ranges::sort(out);
    return out;
  };
  PolicyFolders folders(above);
  const auto empty = std::make_shared<const CheckedPolicy>();
  std::vector<Member> members = {{.id = {2, {"grpc", "", "seeks"}}, .policy = watch("seeks")},
                                 {.id = {3, {"mine", "", "seeks"}}, .policy = watch("seeks")},
                                 {.id = {4, {"grpc", "default", "a.b"}}, .policy = watch("a.b")},
                                 {.id = {5, {"grpc", "", "empty"}}, .policy = empty},
                                 {.id = {6, {"grpc", "", "off"}}, .policy = watch("off"), .enabled = false}};
  folders.show(members);
  EXPECT_EQ(there(), (std::vector<std::string>{"default:a_b", "seeks"}));
  members.erase(members.begin());
  members.back().enabled = true;
  folders.show(members);
  EXPECT_EQ(there(), (std::vector<std::string>{"default:a_b", "off", "seeks"}));
  folders.show({});
  EXPECT_TRUE(there().empty());
  std::filesystem::remove_all(above);
}

}  // namespace
}  // namespace tripline
