// SPDX-License-Identifier: Apache-2.0
// Against an API server that does as it is told; a real one is asked in tests/deploy/operator_test.py.
#include "operator/definitions.h"

#include <gtest/gtest.h>

#include <mutex>

#include "crd/tree.h"
#include "kube/fake_server.h"

namespace tripline::op {
namespace {

using kube::FakePeer;
using kube::FakeServer;

const crd::Names& policies() { return crd::kDefinitions[0]; }

kube::Json json(const std::string& text) { return kube::read_json(text).value_or(kube::Json{}); }
kube::Json definition_of(std::string_view version, bool status = true) {
  return json(R"({"metadata":{"labels":{"cilium.io.k8s.crd.schema.version":")" + std::string(version) +
              R"("}},"spec":{"versions":[{"schema":{"openAPIV3Schema":{}})" +
              (status ? R"(,"subresources":{"status":{}})" : "") + "}]}}");
}

TEST(Versions, Compared) {
  EXPECT_EQ(compare_versions("1.8.13", "1.8.13"), 0);
  EXPECT_EQ(compare_versions("1.8.9", "1.8.13"), -1);
  EXPECT_EQ(compare_versions("1.10", "1.8.13"), 1);
  EXPECT_EQ(compare_versions("2", "1.8.13"), 1);
  for (const char* text : {"", "v1", "1.", "1.8.13.1", "1.8.13-rc", "x"})
    EXPECT_FALSE(compare_versions(text, "1")) << text;
}

TEST(Outdated, ByVersionSchemaAndStatus) {
  EXPECT_FALSE(is_outdated(definition_of("1.8.13"), policies(), false));
  EXPECT_FALSE(is_outdated(definition_of("1.9.0"), policies(), false));  // no way back
  EXPECT_FALSE(is_outdated(definition_of("1.9.0", false), policies(), false));
  EXPECT_TRUE(is_outdated(definition_of("1.9.0"), policies(), true));
  EXPECT_TRUE(is_outdated(definition_of("1.8.12"), policies(), false));
  EXPECT_TRUE(is_outdated(definition_of("none"), policies(), false));
  EXPECT_TRUE(is_outdated(definition_of("1.8.13", false), policies(), false));  // another operator's
  EXPECT_FALSE(is_outdated(definition_of("1.8.13", false), crd::kDefinitions[2], false));
  EXPECT_TRUE(is_outdated(json(R"({"metadata":{"labels":{"cilium.io.k8s.crd.schema.version":"9.9.9"}},)"
                               R"("spec":{"versions":[{}]}})"),
                          policies(), false));
}

// Answers request after request, and keeps what was asked.
struct Script {
  struct Step {
    int status;
    std::string body;
  };
  std::vector<Step> steps;
  std::vector<std::string> asked;
  std::vector<std::string> bodies;
  std::mutex mutex;

  void serve(FakePeer& peer) {
    for (std::string request; !(request = peer.request()).empty();) {
      const std::lock_guard lock(mutex);
      asked.push_back(kube::line_of(request));
      bodies.push_back(request.substr(request.find("\r\n\r\n") + 4));
      if (asked.size() > steps.size()) return peer.answer(500, "{}");
      peer.answer(steps[asked.size() - 1].status, steps[asked.size() - 1].body);
    }
  }
};

constexpr const char* kVersion = R"({"gitVersion":"v1.34.1","major":"1","minor":"34"})";
constexpr const char* kReady = R"({"status":{"conditions":[{"type":"Established","status":"True"}]}})";

std::vector<std::string> bring(Script& script) {
  FakeServer server([&](FakePeer& peer) { script.serve(peer); });
  kube::Client client(server.access());
  return bring_definitions(
      client, std::span(&policies(), 1), false, [](const LogLine&) {},
      {.pause = std::chrono::milliseconds(1), .longest = std::chrono::milliseconds(300)});
}

TEST(Bring, CreatesWhatIsNotThere) {
  Script script{.steps = {{200, kVersion},
                          {404, "{}"},
                          {201, "{}"},
                          {200, R"({"status":{"conditions":null}})"},
                          {200, kReady}}};
  EXPECT_EQ(bring(script), std::vector<std::string>{});
  ASSERT_EQ(script.asked.size(), 5U);
  EXPECT_EQ(script.asked[2], "POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions");
  EXPECT_EQ(script.bodies[2], crd::json(crd::definition(policies())));
}

TEST(Bring, AnotherReplicaWasFaster) {
  Script script{.steps = {{200, kVersion}, {404, "{}"}, {409, "{}"}, {200, kReady}}};
  EXPECT_EQ(bring(script), std::vector<std::string>{});
}

TEST(Bring, UpdatesAndKeepsWhatOthersPutOn) {
  const std::string old =
      R"({"metadata":{"name":"tracingpolicies.cilium.io","resourceVersion":"7","annotations":{"a":"b"},)"
      R"("labels":{"mine":"x","cilium.io.k8s.crd.schema.version":"1.0"},"managedFields":[{"x":1}]},"spec":{"versions":[]}})";
  Script script{
      .steps = {
          {200, kVersion}, {200, old}, {200, old}, {409, "{}"}, {200, old}, {200, "{}"}, {200, kReady}}};
  EXPECT_EQ(bring(script), std::vector<std::string>{});
  ASSERT_EQ(script.asked.size(), 7U);
  EXPECT_EQ(script.asked[5],
            "PUT /apis/apiextensions.k8s.io/v1/customresourcedefinitions/tracingpolicies.cilium.io");
  const kube::Json put = json(script.bodies[5]);
  EXPECT_EQ(put.at("metadata").at("resourceVersion").text, "7");
  EXPECT_EQ(put.at("metadata").at("labels").at("mine").text, "x");
  EXPECT_EQ(put.at("metadata").at("labels").at(crd::kSchemaLabel).text, crd::kSchemaVersion);
  EXPECT_EQ(put.at("metadata").at("annotations").at("a").text, "b");
  EXPECT_EQ(put.at("metadata").at("managedFields").kind, kube::Json::Kind::kNull);
  EXPECT_EQ(put.at("spec").at("preserveUnknownFields").text, "false");
  EXPECT_EQ(put.at("spec").at("versions").items.size(), 1U);
}

TEST(Bring, SaysWhatIsWrong) {
  Script old_server{.steps = {{200, R"({"gitVersion":"v1.15.3+k3s1"})"}}};
  EXPECT_EQ(bring(old_server), std::vector<std::string>{"Kubernetes 1.15.3 is too old; 1.16.0 is needed"});
  Script taken{
      .steps = {
          {200, kVersion},
          {404, "{}"},
          {201, "{}"},
          {200,
           R"({"status":{"conditions":[{"type":"NamesAccepted","status":"False","message":"short name"}]}})"}}};
  EXPECT_EQ(bring(taken),
            std::vector<std::string>{"tracingpolicies.cilium.io: its names are taken: short name"});
  Script forbidden{.steps = {{200, kVersion},
                             {404, "{}"},
                             {403, R"({"kind":"Status","reason":"Forbidden","message":"no"})"}}};
  const auto said = bring(forbidden);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_TRUE(said[0].starts_with("tracingpolicies.cilium.io: cannot create it: 403 Forbidden")) << said[0];
}

}  // namespace
}  // namespace tripline::op
