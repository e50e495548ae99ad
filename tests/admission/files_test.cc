// SPDX-License-Identifier: Apache-2.0
// What is read of the files that a policy names: of this program, which is the only one that is surely there.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "admission/admission.h"
#include "policy/policy.h"

namespace tripline {
namespace {

const std::filesystem::path& self() {
  static const std::filesystem::path kSelf = std::filesystem::read_symlink("/proc/self/exe");
  return kSelf;
}

Files read(const std::string& spec, const std::string& root = {}) {
  Diagnostics diagnostics;
  const auto policy =
      parse({"p.yaml", "kind: TracingPolicy\nmetadata: {name: p}\nspec: {" + spec + "}\n"}, diagnostics);
  EXPECT_TRUE(policy);
  return policy ? read_files(*policy, root) : Files{};
}

std::string uprobe(const std::string& path, const std::string& more = {}) {
  return "uprobes: [{path: '" + path + "', symbols: [main]" + more + "}]";
}

TEST(Files, AProgramIsReadAndStaysOpen) {
  const Files files = read(uprobe(self(), ", binaryDigests: ['sha256:00', ' SHA256 :11', 'md5:1']"));
  ASSERT_EQ(files.size(), 1U);
  const KnownFile& file = *files.at(self());
  EXPECT_FALSE(file.refusal);
  EXPECT_FALSE(file.binary.symbols.find("main").empty());
  EXPECT_TRUE(file.file.open);
  struct stat status = {};
  ASSERT_EQ(stat(self().c_str(), &status), 0);
  EXPECT_EQ(file.file.inode, status.st_ino);
  ASSERT_EQ(file.digests.size(), 1U) << "those that are asked for";
  EXPECT_EQ(file.digests.at("sha256").size(), 64U);
  EXPECT_FALSE(file.types) << "nobody asked for them";
}

TEST(Files, APathWithoutASlashIsOfTheWorkingDirectory) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(self().parent_path());
  const std::string name = self().filename();
  const Files files = read(uprobe(name));
  std::filesystem::current_path(before);
  EXPECT_FALSE(files.at(name)->refusal);
  EXPECT_EQ(files.at(name)->file.path, self());
}

TEST(Files, OfAnotherRootNothingStaysOpen) {
  const std::string path = "/" + self().filename().string();
  const Files files = read(uprobe(path), self().parent_path());
  EXPECT_FALSE(files.at(path)->refusal);
  EXPECT_FALSE(files.at(path)->binary.symbols.empty());
  EXPECT_EQ(files.at(path)->file.path, path);
  EXPECT_FALSE(files.at(path)->file.open);
}

TEST(Files, WhatCannotBeRead) {
  const Files files =
      read("usdts: [{path: /no/such/file, provider: a, name: b, btfPath: '" + self().string() +
           "'}, {path: /proc/self/maps, provider: a, name: b}, {path: '', provider: a, name: b}]");
  ASSERT_EQ(files.size(), 3U);
  ASSERT_TRUE(files.at("/no/such/file")->refusal);
  EXPECT_EQ(files.at("/no/such/file")->refusal->detail, "does not exist");
  EXPECT_TRUE(files.at("/proc/self/maps")->refusal);
  EXPECT_EQ(files.at(self())->no_types, "has no section .BTF");
  EXPECT_TRUE(files.at(self())->binary.symbols.empty()) << "its types alone are asked for";
}

}  // namespace
}  // namespace tripline
