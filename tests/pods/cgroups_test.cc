// SPDX-License-Identifier: Apache-2.0
#include "pods/cgroups.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

namespace tripline {
namespace {

namespace fs = std::filesystem;

const std::string kUid = "11111111-2222-3333-4444-555566667777";
const std::string kId = "4f1c6b2a9d3e5f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8";
const std::string kHash = "0123456789abcdef0123456789abcdef";

class CgroupsTest : public ::testing::Test {
 protected:
  CgroupsTest()
      : root_(::testing::TempDir() + "cgroups_" +
              ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  ~CgroupsTest() override { fs::remove_all(root_); }

  // Makes the directory, and the file that there is in every cgroup.
  uint64_t make(const std::string& path) {
    fs::create_directories(root_ + "/" + path);
    struct stat status{};
    EXPECT_EQ(stat((root_ + "/" + path).c_str(), &status), 0);
    return status.st_ino;
  }

  std::string root_;
};

TEST_F(CgroupsTest, FindsEveryShape) {
  for (const std::string& path :
       {"kubepods/pod" + kUid + "/" + kId, "kubepods/burstable/pod" + kUid + "/crio-" + kId,
        "kubepods.slice/kubepods-burstable.slice/"
        "kubepods-burstable-pod11111111_2222_3333_4444_555566667777.slice/"
        "cri-containerd-" +
            kId + ".scope",
        "system.slice/containerd.service/"
        "kubepods-pod11111111_2222_3333_4444_555566667777.slice:cri-containerd:" +
            kId,
        "machine/of-no-pod/" + kId}) {
    fs::remove_all(root_);
    make("system.slice/ssh.service");
    make("kubepods/burstable/pod99999999-2222-3333-4444-555566667777/" + std::string(64, '9'));
    const uint64_t own = make(path);
    const uint64_t below = make(path + "/container/a");
    Cgroups cgroups(root_);
    const auto found = cgroups.find(kUid, kId);
    ASSERT_TRUE(found) << path;
    EXPECT_EQ(found->path, root_ + "/" + path);
    EXPECT_EQ(found->ids.size(), 3u) << "with those below";
    EXPECT_EQ(found->ids.front(), own);
    EXPECT_EQ(found->ids.back(), below);
  }
}

TEST_F(CgroupsTest, OfAStaticPodByTheUidOfItsDirectory) {
  make("kubepods/besteffort/pod" + kHash + "/" + kId);
  Cgroups cgroups(root_);
  EXPECT_TRUE(cgroups.find(kHash, kId));
}

// Another pod says that the container is its own.
TEST_F(CgroupsTest, NotInTheDirectoryOfAnotherPod) {
  make("kubepods/pod" + kUid + "/" + kId);
  Cgroups cgroups(root_);
  EXPECT_TRUE(cgroups.find(kUid, kId));
  EXPECT_FALSE(cgroups.find("22222222-2222-3333-4444-555566667777", kId));
  EXPECT_FALSE(cgroups.find(kHash, kId));
}

// A container makes cgroups that are named as another pod's would be.
TEST_F(CgroupsTest, NothingInsideAContainerIsAnotherPods) {
  const std::string other = "22222222-2222-3333-4444-555566667777", inside = std::string(64, 'b');
  make("kubepods/pod" + kUid + "/" + kId + "/pod" + other + "/" + inside);
  make("kubepods/pod" + kUid + "/" + kId + "/" + inside);
  Cgroups cgroups(root_);
  EXPECT_FALSE(cgroups.find(other, inside));
  const uint64_t own = make("kubepods/burstable/pod" + other + "/crio-" + inside + ".scope");
  const auto found = cgroups.find(other, inside);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->ids.front(), own);
}

TEST_F(CgroupsTest, NotTheMonitorOfTheContainer) {
  make("kubepods/pod" + kUid + "/crio-conmon-" + kId);
  Cgroups cgroups(root_);
  const auto missing = cgroups.find(kUid, kId);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().errnum, ENOENT);
  const uint64_t own = make("kubepods/pod" + kUid + "/crio-" + kId);
  const auto found = cgroups.find(kUid, kId);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->ids, std::vector{own});
}

TEST_F(CgroupsTest, ThePodIsThereAndTheContainerComesLater) {
  make("kubepods/pod" + kUid);
  Cgroups cgroups(root_);
  EXPECT_FALSE(cgroups.find(kUid, kId));
  make("kubepods/pod" + kUid + "/" + kId);
  EXPECT_TRUE(cgroups.find(kUid, kId));
  make("kubepods/pod22222222-2222-3333-4444-555566667777/" + std::string(64, 'b'));
  EXPECT_TRUE(cgroups.find("22222222-2222-3333-4444-555566667777", std::string(64, 'b')))
      << "beside a known one";
}

TEST_F(CgroupsTest, IdsThatAreNoneAreRefused) {
  make("kubepods/pod" + kUid + "/" + kId);
  Cgroups cgroups(root_);
  EXPECT_EQ(cgroups.find(kUid, "").error().errnum, EINVAL);
  EXPECT_EQ(cgroups.find("", kId).error().errnum, EINVAL);
}

TEST_F(CgroupsTest, OneThatIsGoneAndOneOfTheSameName) {
  make("a/" + kId);
  Cgroups cgroups(root_);
  const auto found = cgroups.at("a/" + kId);
  ASSERT_TRUE(found);
  EXPECT_TRUE(Cgroups::is_there(*found));
  fs::remove_all(root_ + "/a/" + kId);
  EXPECT_FALSE(Cgroups::is_there(*found));
  EXPECT_FALSE(cgroups.at("a/" + kId));
}

}  // namespace
}  // namespace tripline
