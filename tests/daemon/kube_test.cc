// SPDX-License-Identifier: Apache-2.0
#include "daemon/kube.h"

#include <gtest/gtest.h>

#include <mutex>

#include "kube/fake_server.h"

namespace tripline {
namespace {

using namespace std::chrono_literals;

// What was told, from whatever thread.
class Told {
 public:
  void add(std::string text) {
    const std::scoped_lock lock(mutex_);
    texts_.push_back(std::move(text));
  }
  // Waits for it.
  bool has(const std::string& text) {
    for (int n = 0; n < 500; ++n) {
      {
        const std::scoped_lock lock(mutex_);
        if (std::ranges::find(texts_, text) != texts_.end()) return true;
      }
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> texts_;
};

// One object of each kind; then nothing happens.
void serve(kube::FakePeer& peer) {
  for (std::string text = peer.request(); !text.empty(); text = peer.request()) {
    const std::string line = kube::line_of(text);
    if (line.contains("watch=1")) {
      peer.begin_stream();
      peer.wait_for_end();
      return;
    }
    if (line.contains("tracingpoliciesnamespaced")) {
      peer.answer(404, "404 page not found\n");
      continue;
    }
    std::string object =
        R"({"metadata":{"name":"p","uid":"u","resourceVersion":"1","labels":{"a":"b"}},"spec":{}})";
    if (line.contains("/nodes?fieldSelector=metadata.name%3Dn1"))
      object = R"({"metadata":{"name":"n1","labels":{"os":"linux"}}})";
    peer.answer(200, R"({"metadata":{"resourceVersion":"7"},"items":[)" + object + "]}");
  }
}

TEST(Kube, TellsOfPoliciesPodsAndTheNode) {
  kube::FakeServer server(serve);
  Told told;
  {
    const Kube kube(
        {.access = server.access(), .node = "n1"},
        {.put_policy = [&](const kube::PolicyObject& policy) { told.add("policy " + policy.key.name); },
         .remove_policy = [](const kube::ObjectKey&) {},
         .put_pod = [&](const Pod& pod) { told.add("pod " + pod.uid + " " + pod.labels.at("a")); },
         .remove_pod = [](const std::string&) {},
         .set_node = [&](const Labels& labels, const std::string&) { told.add("node " + labels.at("os")); },
         .node_unreadable = [](const std::string&) {}},
        [](const std::function<void()>& command) { command(); },
        [&](const LogLine& line) { told.add(line.text()); });
    EXPECT_TRUE(told.has("policy p"));
    EXPECT_TRUE(told.has("pod u b"));
    EXPECT_TRUE(told.has("node linux"));
    EXPECT_TRUE(told.has(
        R"(level=info msg="The API server does not have this kind of object" resource=tracingpoliciesnamespaced)"));
  }
}

TEST(Kube, SaysThatTheNodeCannotBeRead) {
  kube::FakeServer server([](kube::FakePeer& peer) {
    for (std::string text = peer.request(); !text.empty(); text = peer.request()) peer.answer(403, "no");
  });
  Told told;
  const Kube kube(
      {.access = server.access(), .node = "n1", .policies = false, .pods = false},
      {.put_policy = {},
       .remove_policy = {},
       .put_pod = {},
       .remove_pod = {},
       .set_node = {},
       .node_unreadable = [&](const std::string& why) { told.add(why); }},
      [](const std::function<void()>& command) { command(); },
      [&](const LogLine& line) { told.add(line.text()); });
  EXPECT_TRUE(told.has("403: no"));
  EXPECT_TRUE(
      told.has(R"(level=warn msg="Cannot watch the API server; retrying" resource=nodes error="403: no")"));
}

}  // namespace
}  // namespace tripline
