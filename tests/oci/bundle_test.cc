// SPDX-License-Identifier: Apache-2.0
#include "oci/bundle.h"

#include "oci/folder.h"

namespace tripline::oci {
namespace {

ContainerNotice notice_in(const std::filesystem::path& folder) {
  const auto bundle = find_bundle(folder);
  if (!bundle) ADD_FAILURE() << bundle.error().text();
  if (!bundle) return {};
  const auto notice = notice_of(*bundle);
  if (!notice) ADD_FAILURE() << notice.error().text();
  return notice.value_or(ContainerNotice{});
}

TEST(Bundle, OfContainerd) {
  const auto folder = fresh_folder();
  put(folder / "config.json", kContainerd);
  const ContainerNotice notice = notice_in(folder);
  EXPECT_EQ(notice.cgroups_path,
            "/kubepods.slice/kubepods-burstable.slice/"
            "kubepods-burstable-podd7e2f5e0_1111_2222_3333_444455556666.slice/cri-containerd-0123abc.scope");
  EXPECT_EQ(notice.root_dir, (folder / "rootfs").string());
  EXPECT_EQ(notice.container_name, "main");
  EXPECT_EQ(notice.container_id, "");  // the agent takes it from the path
  EXPECT_EQ(notice.container_image, "docker.io/library/nginx:1.27");
  EXPECT_EQ(notice.pod_name, "web-1");
  EXPECT_EQ(notice.pod_namespace, "shop");
  EXPECT_EQ(notice.pod_uid, "d7e2f5e0-1111-2222-3333-444455556666");
  EXPECT_EQ(notice.annotations.size(), 7U);
  ASSERT_EQ(notice.mounts.size(), 2U);
  EXPECT_EQ(notice.mounts[0], (MountNotice{"/proc", "proc", "proc", {"nosuid", "noexec"}}));
  EXPECT_EQ(notice.mounts[1], (MountNotice{"/data", "", "/var/lib/x", {}}));
}

TEST(Bundle, OfCrioBesideUserdata) {
  const auto folder = fresh_folder() / "merged";
  std::filesystem::create_directories(folder);
  put(folder / "../userdata/config.json", kCrio);
  const ContainerNotice notice = notice_in(folder);
  EXPECT_EQ(notice.cgroups_path, "/kubepods/burstable/podd7e2f5e0-1111-2222-3333-444455556666/0123abc");
  EXPECT_EQ(notice.root_dir, folder.string());
  EXPECT_EQ(notice.container_name, "main");
  EXPECT_EQ(notice.container_id, "0123abc");
  EXPECT_EQ(notice.container_image, "quay.io/x/y:1");
  EXPECT_EQ(notice.pod_namespace, "shop");
}

TEST(Bundle, TheNearestFileCounts) {
  const auto folder = fresh_folder() / "rootfs";
  std::filesystem::create_directories(folder);
  put(folder / "../userdata/config.json", kCrio);
  put(folder / "../config.json", kContainerd);
  EXPECT_EQ(notice_in(folder).container_image, "docker.io/library/nginx:1.27");
  EXPECT_EQ(notice_in(folder).root_dir, folder.string());
}

TEST(Bundle, Refusals) {
  const auto folder = fresh_folder();
  EXPECT_EQ(find_bundle(folder).error().text(),
            "look for config.json " + folder.string() + ": is not there, nor in .. or ../userdata");
  put(folder / "config.json", "{");
  EXPECT_TRUE(find_bundle(folder).error().text().contains("is not JSON"));
  put(folder / "config.json", R"({"linux":null,"annotations":null})");
  EXPECT_TRUE(notice_of(*find_bundle(folder)).error().text().contains("linux.cgroupsPath is missing"));
  put(folder / "config.json", R"({"linux":{"cgroupsPath":"a--b.slice:x:y"}})");
  EXPECT_FALSE(notice_of(*find_bundle(folder)));
  put(folder / "config.json", R"({"linux":{"cgroupsPath":"/kubepods/../../etc"}})");
  EXPECT_FALSE(notice_of(*find_bundle(folder)));
}

}  // namespace
}  // namespace tripline::oci
