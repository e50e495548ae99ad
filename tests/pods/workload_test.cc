// SPDX-License-Identifier: Apache-2.0
#include "pods/workload.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

Workload of(std::string kind, std::string name, Labels labels = {}) {
  return workload_of({.name = "p-1",
                      .generate_name = "p-",
                      .labels = std::move(labels),
                      .controller = Owner{"v1", std::move(kind), std::move(name)}});
}

TEST(Workload, APodThatNobodyMade) {
  const Workload own{"p", "Pod"};
  EXPECT_EQ(workload_of({.name = "p"}), own);
  EXPECT_EQ(workload_of({.name = "p", .generate_name = "p-"}), own);
  EXPECT_EQ(workload_of({.name = "p", .controller = Owner{"v1", "Node", "n"}}), own) << "a static pod";
}

TEST(Workload, DeploymentsMakeReplicaSets) {
  EXPECT_EQ(of("ReplicaSet", "web-5d8f", {{"pod-template-hash", "5d8f"}}), (Workload{"web", "Deployment"}));
  EXPECT_EQ(of("ReplicaSet", "web-5d8f", {{"pod-template-hash", "6d8f"}}),
            (Workload{"web-5d8f", "ReplicaSet"}));
  EXPECT_EQ(of("ReplicaSet", "web-5d8f"), (Workload{"web-5d8f", "ReplicaSet"}));
  EXPECT_EQ(of("ReplicaSet", "5d8f", {{"pod-template-hash", "5d8f"}}), (Workload{"5d8f", "ReplicaSet"}));
}

TEST(Workload, DeploymentConfigsMakeReplicationControllers) {
  EXPECT_EQ(of("ReplicationController", "web-3", {{"deploymentconfig", "web"}}),
            (Workload{"web", "DeploymentConfig"}));
  EXPECT_EQ(of("ReplicationController", "web-3"), (Workload{"web-3", "ReplicationController"}));
}

TEST(Workload, CronJobsMakeJobs) {
  EXPECT_EQ(of("Job", "tidy-28374650"), (Workload{"tidy", "CronJob"}));
  EXPECT_EQ(of("Job", "tidy-1700000000"), (Workload{"tidy", "CronJob"}));
  for (const char* name :
       {"tidy-1234567", "tidy-12345678901", "tidy-1234567a", "12345678", "-12345678", "tidy"})
    EXPECT_EQ(of("Job", name), (Workload{name, "Job"})) << name;
}

TEST(Workload, AllOthers) {
  EXPECT_EQ(of("StatefulSet", "db"), (Workload{"db", "StatefulSet"}));
  EXPECT_EQ(of("Rollout", "web"), (Workload{"web", "Rollout"}));
}

}  // namespace
}  // namespace tripline
