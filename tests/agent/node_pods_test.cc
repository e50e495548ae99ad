// SPDX-License-Identifier: Apache-2.0
#include "agent/node_pods.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <future>
#include <set>

namespace tripline {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const std::string kUid = "11111111-2222-3333-4444-555566667777";
const std::string kId = std::string(64, 'a');
const std::string kOther = std::string(64, 'b');
const std::string kPath = "kubepods/pod" + kUid + "/" + kId;

// The test is the loop.
class NodePodsTest : public ::testing::Test {
 protected:
  explicit NodePodsTest(NodePodsOptions options = fast())
      : root_(::testing::TempDir() + "node_pods_" +
              ::testing::UnitTest::GetInstance()->current_test_info()->name()),
        pods_(std::make_unique<NodePods>(options)) {
    fs::remove_all(root_);
    fs::create_directories(root_);
    pods_->start(
        {.put =
             [this](const PodPtr& pod, const Container& container, const std::vector<uint64_t>& cgroups) {
               const std::lock_guard lock(mutex_);
               labels_ = pod->labels;
               known_[container.id].insert(cgroups.begin(), cgroups.end());
               bell_.notify_all();
             },
         .remove =
             [this](const std::string& id) {
               const std::lock_guard lock(mutex_);
               known_.erase(id);
             },
         .post =
             [this](std::function<void()> command) {
               const std::lock_guard lock(mutex_);
               posted_.push_back(std::move(command));
               bell_.notify_all();
             },
         .changed = [this] { ++changes_; }},
        root_);
  }
  ~NodePodsTest() override {
    pods_.reset();
    fs::remove_all(root_);
  }
  static NodePodsOptions fast() {
    return {.store = {}, .first_pause = 5ms, .longest_pause = 20ms, .look_again = 5ms, .patience = 10s};
  }

  uint64_t make(const std::string& path) {
    fs::create_directories(root_ + "/" + path);
    struct stat status{};
    EXPECT_EQ(stat((root_ + "/" + path).c_str(), &status), 0);
    return status.st_ino;
  }
  static Pod pod(Container::State state, std::string id = kId, Labels labels = {}) {
    Pod out{.uid = kUid, .name_space = "shop", .name = "web", .labels = std::move(labels)};
    out.containers.push_back({.id = std::move(id), .name = "main", .state = state});
    return out;
  }
  static StartingContainer starting(std::string cgroup) {
    return {.pod = {.uid = kUid, .name_space = "shop", .name = "web"},
            .container = {.id = kId, .name = "main", .image = "i"},
            .cgroup = std::move(cgroup)};
  }
  // Carries out what was posted until `done`.
  template <typename Done>
  bool wait_for(Done done) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    std::unique_lock lock(mutex_);
    while (!done()) {
      for (const auto& command : std::exchange(posted_, {})) {
        lock.unlock();
        command();
        lock.lock();
      }
      if (done()) return true;
      if (std::chrono::steady_clock::now() > end) return false;
      bell_.wait_for(lock, 5ms);
    }
    return true;
  }
  bool wait_for_cgroups(const std::string& id, size_t count) {
    return wait_for([&] { return known_.contains(id) && known_.at(id).size() == count; });
  }

  const std::string root_;
  std::mutex mutex_;
  std::condition_variable bell_;
  std::map<std::string, std::set<uint64_t>> known_;
  Labels labels_;
  std::vector<std::function<void()>> posted_;
  int changes_ = 0;
  std::unique_ptr<NodePods> pods_;
};

using enum Container::State;

TEST_F(NodePodsTest, FindsTheCgroupsOfWhatRuns) {
  make(kPath + "/inside");
  pods_->put(pod(kRunning));
  EXPECT_TRUE(wait_for_cgroups(kId, 2));
  EXPECT_EQ(changes_, 1);
  EXPECT_EQ(pods_->find(kId)->name, "web");
  pods_->put(pod(kRunning, kId, {{"app", "web"}}));
  EXPECT_EQ(labels_, (Labels{{"app", "web"}})) << "at once";
  pods_->put(pod(kTerminated));
  EXPECT_FALSE(known_.contains(kId));
  EXPECT_EQ(pods_->counts().residents, 0u);
  EXPECT_EQ(pods_->counts().added, 1u);
  EXPECT_EQ(pods_->counts().updated, 2u);
}

TEST_F(NodePodsTest, LooksAgainForACgroupThatWasNotThere) {
  pods_->put(pod(kRunning));
  EXPECT_TRUE(wait_for([this] { return pods_->counts().looked_for == 1; }));
  std::this_thread::sleep_for(30ms);
  make(kPath);
  EXPECT_TRUE(wait_for_cgroups(kId, 1)) << "without anybody telling of the pod again";
}

TEST_F(NodePodsTest, AContainerWhoseCgroupIsGoneHasEnded) {
  make(kPath);
  pods_->put(pod(kRunning));
  EXPECT_TRUE(wait_for_cgroups(kId, 1));
  fs::remove_all(root_ + "/" + kPath);
  EXPECT_TRUE(wait_for([this] { return !known_.contains(kId); }));
}

TEST_F(NodePodsTest, AnUpdateThatDoesNotShowItRunningYetChangesNothing) {
  make(kPath);
  std::promise<std::expected<void, std::string>> done;
  pods_->put(pod(kWaiting, ""));
  pods_->announce(starting(kPath), [&](auto answer) { done.set_value(std::move(answer)); });
  EXPECT_TRUE(done.get_future().get());
  EXPECT_EQ(known_.at(kId).size(), 1u) << "before the answer";
  pods_->put(pod(kWaiting, ""));
  EXPECT_TRUE(known_.contains(kId));
  pods_->put(pod(kRunning, kOther));
  EXPECT_FALSE(known_.contains(kId)) << "another is in its place";
}

TEST_F(NodePodsTest, AHookIsAnsweredWhenTheLabelsAreKnown) {
  make(kPath);
  bool answered = false;
  pods_->announce(starting(""), [&](const auto& answer) { answered = answer.has_value(); });
  EXPECT_TRUE(wait_for_cgroups(kId, 1));
  EXPECT_FALSE(answered) << "its labels are not";
  EXPECT_FALSE(pods_->find(kId));
  EXPECT_EQ(pods_->find_told(kId)->name_space, "shop");
  pods_->put(pod(kWaiting, "", {{"app", "web"}}));
  EXPECT_TRUE(answered);
  EXPECT_EQ(labels_, (Labels{{"app", "web"}}));
  EXPECT_EQ(pods_->find(kId)->labels, labels_);
}

TEST_F(NodePodsTest, WhatAHookTellsMustBeEnough) {
  std::string why;
  const NodePods::Answer answer = [&](const auto& given) { why = given ? "" : given.error(); };
  StartingContainer nameless = starting(kPath);
  nameless.pod.name.clear();
  pods_->announce(nameless, answer);
  EXPECT_EQ(why, "the pod " + kUid + " is unknown, and the request has no name and namespace for it");
  why.clear();
  pods_->put(pod(kWaiting, ""));
  pods_->announce(starting(kPath), answer);
  EXPECT_TRUE(wait_for([&] { return why.starts_with("its cgroup was not found"); })) << why;
  EXPECT_TRUE(wait_for([&] { return pods_->counts().residents == 0; })) << "the runtime gives up";
  EXPECT_EQ(pods_->counts().announced, 1u);
  EXPECT_EQ(pods_->counts().refused, 1u);
}

TEST_F(NodePodsTest, AnswersAreGivenAtTheEnd) {
  make(kPath);
  std::string why;
  pods_->announce(starting(kPath), [&](const auto& given) { why = given ? "" : given.error(); });
  EXPECT_TRUE(wait_for_cgroups(kId, 1));
  pods_.reset();
  EXPECT_EQ(why, "the agent is stopping");
}

class Unfollowed : public NodePodsTest {
 protected:
  Unfollowed() : NodePodsTest(options()) {}
  static NodePodsOptions options() {
    NodePodsOptions out = fast();
    out.is_followed = false;
    return out;
  }
};

TEST_F(Unfollowed, WhatAHookTellsIsAllThereIs) {
  make(kPath);
  std::promise<bool> done;
  pods_->announce(starting(kPath), [&](const auto& answer) { done.set_value(answer.has_value()); });
  EXPECT_TRUE(done.get_future().get());
}

class Impatient : public NodePodsTest {
 protected:
  Impatient() : NodePodsTest(options()) {}
  static NodePodsOptions options() {
    NodePodsOptions out = fast();
    out.patience = 30ms;
    return out;
  }
};

TEST_F(Impatient, LagOfTheApiServerDoesNotFailAContainer) {
  make(kPath);
  std::promise<bool> done;
  pods_->announce(starting(kPath), [&](const auto& answer) { done.set_value(answer.has_value()); });
  EXPECT_TRUE(done.get_future().get());
}

TEST_F(NodePodsTest, WhatAnEarlierAgentWasToldOf) {
  make(kPath);
  const std::string gone = "22222222-2222-3333-4444-555566667777";
  make("kubepods/pod" + gone + "/" + kOther);
  Pod other = pod(kRunning, kOther);
  other.uid = gone;
  pods_->restore({pod(kRunning), other});
  EXPECT_TRUE(pods_->wait_until_looked(20s));
  EXPECT_TRUE(known_.contains(kId) && known_.contains(kOther)) << "before anything is in force";
  EXPECT_TRUE(pods_->find(kId));
  pods_->put(pod(kRunning, kId, {{"app", "web"}}));
  pods_->synced();
  EXPECT_TRUE(known_.contains(kId));
  EXPECT_FALSE(known_.contains(kOther)) << "the API server does not have it";
  pods_->synced();
  EXPECT_TRUE(known_.contains(kId));
}

TEST_F(NodePodsTest, NobodyWaitsForWhatIsNotThere) {
  EXPECT_TRUE(pods_->wait_until_looked(0s));
  pods_->restore({pod(kRunning)});
  EXPECT_TRUE(pods_->wait_until_looked(20s)) << "it was looked for, and not found";
}

}  // namespace
}  // namespace tripline
