// SPDX-License-Identifier: Apache-2.0
#include "operator/pod_info.h"

#include <gtest/gtest.h>

#include <string>

namespace tripline::op {
namespace {

kube::Json json(const std::string& text, bool pod = true) {
  return kube::read_json(text, pod ? wanted_of_pods() : wanted_of_pod_infos()).value_or(kube::Json{});
}

std::string pod_text(
    const std::string& metadata,
    const std::string& status = R"("podIP":"10.0.0.7","podIPs":[{"ip":"10.0.0.7"},{"ip":"fd::7"}])") {
  return R"({"metadata":{"name":"web-abc-1","namespace":"shop","uid":"u-1","labels":{"pod-template-hash":"abc"},)"
         R"("annotations":{"note":"x"},"managedFields":[{}])" +
         metadata + R"(},"spec":{"nodeName":"n1","hostNetwork":true,"containers":null},"status":{)" + status +
         "}}";
}
constexpr const char* kOwned =
    R"(,"generateName":"web-abc-","ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-abc","controller":true}])";

TEST(PodInfo, OfAPod) {
  const auto info = pod_info_of(json(pod_text(kOwned)));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->name, "web-abc-1");
  EXPECT_EQ(info->pod_uid, "u-1");
  EXPECT_TRUE(info->host_network);
  EXPECT_EQ(info->ips, (std::vector<std::string>{"10.0.0.7", "fd::7"}));
  EXPECT_EQ(info->workload, "web");
  EXPECT_EQ(info->workload_kind, "Deployment");
  EXPECT_EQ(info->workload_version, "apps/v1");
  EXPECT_EQ(info->workload_namespace, "shop");
}

TEST(PodInfo, OfAPodThatNobodyMade) {
  const auto info = pod_info_of(json(pod_text("")));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->workload_kind, "Pod");
  EXPECT_EQ(info->workload_version, "v1");
}

TEST(PodInfo, OfACronJob) {
  const auto info = pod_info_of(json(pod_text(
      R"(,"generateName":"x-","ownerReferences":[{"apiVersion":"batch/v1","kind":"Job","name":"x-29112233","controller":true}])")));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->workload_kind, "CronJob");
  EXPECT_EQ(info->workload_version, "batch/v1beta1");
}

TEST(PodInfo, NotYetAndNoLonger) {
  EXPECT_FALSE(pod_info_of(json(pod_text(kOwned, ""))));
  EXPECT_FALSE(pod_info_of(json(pod_text(kOwned, R"("podIP":"10.0.0.7","podIPs":null)"))));
  EXPECT_FALSE(pod_info_of(json(pod_text(R"(,"deletionTimestamp":"2026-01-01T00:00:00Z")"))));
}

// What is written is read back as the same, or it would be written for ever.
TEST(PodInfo, ThereAndBack) {
  const auto info = pod_info_of(json(pod_text(kOwned)));
  ASSERT_TRUE(info);
  const std::string text = document(*info, "42");
  EXPECT_EQ(read_pod_info(json(text, false)), *info);
  const kube::Json object = json(text, false);
  EXPECT_EQ(object.at("metadata").at("resourceVersion").text, "42");
  EXPECT_EQ(object.at("status").at("podIPs").items[0].at("IP").text, "10.0.0.7");
  EXPECT_FALSE(document(*info, "").contains("resourceVersion"));
}

TEST(PodInfo, WithAnotherOwnerDiffers) {
  const auto info = pod_info_of(json(pod_text(kOwned)));
  std::string text = document(*info, "42");
  text.replace(text.find(R"("controller":true)"), 17, R"("controller":false)");
  EXPECT_NE(read_pod_info(json(text, false)), *info);
}

}  // namespace
}  // namespace tripline::op
