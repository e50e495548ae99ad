// SPDX-License-Identifier: Apache-2.0
#include "pods/scope.h"

#include <gtest/gtest.h>

#include <string>

namespace tripline {
namespace {

using enum Requirement::Operator;

const Pod kPod{.uid = "u", .name_space = "shop", .name = "web-0", .labels = {{"app", "web"}}};
const Container kMain{.id = "c", .name = "main", .image_id = "docker.io/library/nginx@sha256:00"};

Scope of_pods(Requirements pod, Requirements container = {}) {
  return {.containers =
              Scope::Containers{.name_space = {}, .pod = std::move(pod), .container = std::move(container)}};
}

TEST(Scope, EveryOperatorOnALabelThatIsThereAndOneThatIsNot) {
  EXPECT_TRUE(admits(of_pods({{"app", kIn, {"db", "web"}}}), kPod, kMain));
  EXPECT_FALSE(admits(of_pods({{"app", kIn, {"db"}}}), kPod, kMain));
  EXPECT_FALSE(admits(of_pods({{"tier", kIn, {""}}}), kPod, kMain));
  EXPECT_FALSE(admits(of_pods({{"app", kNotIn, {"web"}}}), kPod, kMain));
  EXPECT_TRUE(admits(of_pods({{"tier", kNotIn, {"web"}}}), kPod, kMain));
  EXPECT_TRUE(admits(of_pods({{"app", kExists, {}}}), kPod, kMain));
  EXPECT_FALSE(admits(of_pods({{"tier", kExists, {}}}), kPod, kMain));
  EXPECT_FALSE(admits(of_pods({{"app", kDoesNotExist, {}}}), kPod, kMain));
  EXPECT_TRUE(admits(of_pods({{"tier", kDoesNotExist, {}}}), kPod, kMain));
}

TEST(Scope, NoValuesMatchNothingAndTheirOppositeEverything) {
  EXPECT_FALSE(admits(of_pods({{"app", kIn, {}}}), kPod, kMain));
  EXPECT_TRUE(admits(of_pods({{"app", kNotIn, {}}}), kPod, kMain));
}

TEST(Scope, TheNamespaceIsALabelToo) {
  EXPECT_TRUE(admits(of_pods({{"k8s:io.kubernetes.pod.namespace", kIn, {"shop"}}}), kPod, kMain));
  EXPECT_FALSE(admits(of_pods({{"k8s:io.kubernetes.pod.namespace", kIn, {"bank"}}}), kPod, kMain));
}

TEST(Scope, APodOfAnotherNamespaceIsNeverInThatOfAPolicy) {
  Scope scope = of_pods({});
  scope.containers->name_space = "bank";
  EXPECT_FALSE(admits(scope, kPod, kMain));
  scope.containers->name_space = "shop";
  EXPECT_TRUE(admits(scope, kPod, kMain));
}

TEST(Scope, OfAContainerTheNameAndTheRepositoryAreKeysAndNothingElse) {
  EXPECT_TRUE(admits(of_pods({}, {{"name", kIn, {"main"}}}), kPod, kMain));
  EXPECT_FALSE(admits(of_pods({}, {{"name", kNotIn, {"main"}}}), kPod, kMain));
  EXPECT_TRUE(admits(of_pods({}, {{"repo", kIn, {"docker.io/library/nginx"}}}), kPod, kMain));
  EXPECT_FALSE(admits(of_pods({}, {{"app", kExists, {}}}), kPod, kMain));
}

TEST(Scope, HostAloneIsNoContainer) { EXPECT_FALSE(admits(Scope{.host = true}, kPod, kMain)); }

TEST(Scope, ARepositoryIsTheSameFromEverySource) {
  for (const char* image :
       {"registry.local:5000/team/app", "registry.local:5000/team/app:v1",
        "registry.local:5000/team/app@sha256:00", "registry.local:5000/team/app:v1@sha256:00",
        "docker-pullable://registry.local:5000/team/app@sha256:00"}) {
    EXPECT_EQ(repository_of(image), "registry.local:5000/team/app") << image;
  }
  EXPECT_EQ(repository_of("nginx:1.25"), "nginx");
  EXPECT_EQ(repository_of(""), "");
}

TEST(Scope, RequirementsOfLabelsAlone) {
  using Operator = Requirement::Operator;
  const Labels labels{{"os", "linux"}, {"zone", "a"}};
  EXPECT_TRUE(meets({}, labels));
  EXPECT_TRUE(meets({{"os", Operator::kIn, {"linux"}}, {"gpu", Operator::kDoesNotExist, {}}}, labels));
  EXPECT_FALSE(meets({{"os", Operator::kIn, {"linux"}}, {"zone", Operator::kNotIn, {"a"}}}, labels));
  EXPECT_FALSE(meets({{"gpu", Operator::kExists, {}}}, labels));
}

}  // namespace
}  // namespace tripline
