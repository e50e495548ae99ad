// SPDX-License-Identifier: Apache-2.0
#include "agent/policy_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

namespace tripline {
namespace {

namespace fs = std::filesystem;

const PolicyName kSeeks{"grpc", "", "seeks"};

class PolicyStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "storeXXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    above_ = name;
  }
  void TearDown() override { fs::remove_all(above_); }

  [[nodiscard]] std::string folder() const { return above_ + "/a/store"; }
  PolicyStore open(PolicyStore::Calls calls = {}) const {
    auto store = PolicyStore::open(folder(), std::move(calls));
    EXPECT_TRUE(store) << store.error().text();
    return *std::move(store);
  }
  void put_file(const std::string& name, const std::string& text) const {
    std::ofstream(folder() + "/" + name) << text;
  }
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> out;
    for (const auto& entry : fs::directory_iterator(folder())) out.push_back(entry.path().filename());
    std::ranges::sort(out);
    return out;
  }
  static mode_t mode_of(const std::string& path) {
    struct stat found{};
    return stat(path.c_str(), &found) == 0 ? found.st_mode & 0777 : 0;
  }

  std::string above_;
};

TEST_F(PolicyStoreTest, WhatIsPutIsThere) {
  const PolicyStore store = open();
  EXPECT_EQ(mode_of(folder()), 0700U);
  ASSERT_TRUE(store.put(kSeeks, {"a", true}));
  ASSERT_TRUE(store.put({"mine", "ns", "seeks"}, {"b", true}));
  ASSERT_TRUE(store.put(kSeeks, {"c", false}));
  EXPECT_EQ(mode_of(folder() + "/seeks::grpc.json"), 0600U);
  EXPECT_EQ(files(), (std::vector<std::string>{"seeks::grpc.json", "seeks:ns:mine.json"}));
  const auto contents = open().read();
  ASSERT_TRUE(contents);
  EXPECT_EQ(contents->policies, (std::vector<PolicyStore::Stored>{{kSeeks, {"c", false}},
                                                                  {{"mine", "ns", "seeks"}, {"b", true}}}));
  EXPECT_TRUE(contents->strangers.empty() && contents->broken.empty());
  ASSERT_TRUE(store.remove(kSeeks));
  ASSERT_TRUE(store.remove(kSeeks)) << "it need not be there";
  EXPECT_EQ(files(), std::vector<std::string>{"seeks:ns:mine.json"});
}

TEST_F(PolicyStoreTest, StrangersAreNamedAndLeftAlone) {
  const PolicyStore store = open();
  ASSERT_TRUE(store.put(kSeeks, {"a", true}));
  put_file("README", "junk");
  put_file("x.json.tmp", "junk");
  fs::create_directory(folder() + "/dir.json");
  fs::create_symlink("seeks::grpc.json", folder() + "/link::grpc.json");
  const auto contents = store.read();
  ASSERT_TRUE(contents);
  std::vector<std::string> lines;
  for (const LogLine& line : contents->strangers) lines.push_back(line.text());
  EXPECT_EQ(
      lines,
      (std::vector<std::string>{
          R"(level=warn msg="unrecognized file in policy store" filename=README)",
          R"(level=warn msg="policy record is not a regular file" path=)" + folder() + "/dir.json",
          R"(level=warn msg="policy record is not a regular file" path=)" + folder() + "/link::grpc.json",
          R"(level=warn msg="unrecognized file in policy store" filename=x.json.tmp)"}));
  EXPECT_EQ(contents->policies.size(), 1U);
}

TEST_F(PolicyStoreTest, BrokenRecordsAreReportedBesideGoodOnes) {
  const PolicyStore store = open();
  ASSERT_TRUE(store.put(kSeeks, {"a", true}));
  put_file("a::grpc.json", "{");
  put_file("seeks.json", "{}");
  put_file("empty::grpc.json", "");
  const auto contents = store.read();
  ASSERT_TRUE(contents);
  EXPECT_EQ(contents->broken,
            (std::vector<std::string>{
                "decode policy record " + folder() + "/a::grpc.json: unexpected end of JSON input",
                "decode policy record " + folder() + "/empty::grpc.json: unexpected end of JSON input",
                "policy record " + folder() + "/seeks.json has unexpected filename"}));
  EXPECT_EQ(contents->policies.size(), 1U);
}

// Wherever it fails, the old record is there, and nothing beside it.
TEST_F(PolicyStoreTest, AWriteThatFailsLeavesTheOldRecord) {
  ASSERT_TRUE(open().put(kSeeks, {"old", true}));
  PolicyStore::Calls full, half, slow, unsynced;
  full.write = [](int, const void*, size_t) -> ssize_t { return errno = ENOSPC, -1; };
  half.write = [calls = 0](int fd, const void* bytes, size_t) mutable -> ssize_t {
    return calls++ < 5 ? ::write(fd, bytes, 1) : (errno = ENOSPC, -1);
  };
  slow.write = [calls = 0](int fd, const void* bytes, size_t) mutable -> ssize_t {
    return calls++ % 2 == 0 ? (errno = EINTR, -1) : ::write(fd, bytes, 1);
  };
  unsynced.sync = [](int) { return errno = EIO, -1; };
  for (const auto& [calls, error] :
       {std::pair{full, ENOSPC}, std::pair{half, ENOSPC}, std::pair{unsynced, EIO}}) {
    const auto put = open(calls).put(kSeeks, {"new", true});
    ASSERT_FALSE(put);
    EXPECT_EQ(put.error().errnum, error);
    EXPECT_EQ(files(), std::vector<std::string>{"seeks::grpc.json"});
    EXPECT_EQ(open().read()->policies.front().second.yaml, "old");
  }
  ASSERT_TRUE(open(slow).put(kSeeks, {"new", true}));
  EXPECT_EQ(open().read()->policies.front().second.yaml, "new");
}

// The file is on the disk before it has its name, and the folder after that.
TEST_F(PolicyStoreTest, EverythingIsSynced) {
  std::vector<std::string> synced;
  PolicyStore::Calls calls;
  calls.sync = [&](int fd) {
    synced.push_back(fs::read_symlink("/proc/self/fd/" + std::to_string(fd)).filename());
    return 0;
  };
  ASSERT_TRUE(open(calls).put(kSeeks, {"a", true}));
  ASSERT_TRUE(open(calls).remove(kSeeks));
  EXPECT_EQ(synced, (std::vector<std::string>{".new", "store", "store"}));
}

TEST_F(PolicyStoreTest, WhatACutOffWriterLeftIsRemoved) {
  (void)open();
  put_file(".new", "half");
  EXPECT_TRUE(open().read()->strangers.empty());
  EXPECT_TRUE(files().empty());
}

TEST_F(PolicyStoreTest, NoNameLeadsOutOfTheFolder) {
  const PolicyStore store = open();
  for (const PolicyName& name : {PolicyName{"../../x", "", "a"}, PolicyName{"grpc", "/", "a"},
                                 PolicyName{"grpc", "", "a:b"}, PolicyName{std::string("a\0b", 3), "", "a"}})
    EXPECT_FALSE(store.put(name, {"a", true}));
  const auto long_one = store.put({"grpc", "", std::string(300, 'a')}, {"a", true});
  ASSERT_FALSE(long_one);
  EXPECT_EQ(long_one.error().errnum, ENAMETOOLONG);
  EXPECT_TRUE(files().empty());
}

}  // namespace
}  // namespace tripline
