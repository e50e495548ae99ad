// SPDX-License-Identifier: Apache-2.0
#include "daemon/policy_reporter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

#include "kube/fake_server.h"

namespace tripline {
namespace {

using namespace std::chrono_literals;

constexpr ReporterTimes kQuick{
    .settle = 1ms, .rest = 1ms, .look = 50ms, .again = 10s, .refused = 20ms, .farewell = 2s};

class PolicyReporterTest : public testing::Test {
 protected:
  std::mutex mutex_;
  std::vector<std::string> asked_;  // METHOD PATH
  std::vector<std::string> bodies_;
  std::vector<std::string> log_;
  std::vector<kube::PolicySaid> said_;
  std::atomic<int> status_ = 200;
  kube::FakeServer server_{[this](kube::FakePeer& peer) {
    for (std::string request; !(request = peer.request()).empty();) {
      {
        const std::scoped_lock lock(mutex_);
        asked_.push_back(kube::line_of(request));
        bodies_.push_back(request.substr(request.find("\r\n\r\n") + 4));
      }
      peer.answer(status_, "{}");
    }
  }};

  std::unique_ptr<PolicyReporter> reporter(bool stays = false) {
    return std::make_unique<PolicyReporter>(
        server_.access(), "n1", stays, [](const std::function<void()>& command) { command(); },
        [this]() -> std::optional<std::vector<kube::PolicySaid>> {
          const std::scoped_lock lock(mutex_);
          return said_;
        },
        [this](const LogLine& line) {
          const std::scoped_lock lock(mutex_);
          log_.push_back(line.text());
        },
        kQuick);
  }
  void say(kube::PolicySaid said) {
    const std::scoped_lock lock(mutex_);
    said_ = {std::move(said)};
  }
  template <typename Condition>
  bool comes(const Condition& condition) {
    for (int n = 0; n < 500; ++n) {
      {
        const std::scoped_lock lock(mutex_);
        if (condition()) return true;
      }
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }
};

TEST_F(PolicyReporterTest, WritesWhatChangedAndTakesItAway) {
  auto reporter = this->reporter();
  EXPECT_TRUE(comes([this] { return bodies_.size() == 1; }));
  std::this_thread::sleep_for(200ms);  // several looks, and nothing is different
  say({.key = {"ns", "p"},
       .uid = "u",
       .generation = 2,
       .word = kube::PolicyWord::kRefused,
       .line = 3,
       .column = 4,
       .message = "no"});
  reporter->changed();
  EXPECT_TRUE(comes([this] { return bodies_.size() == 2; }));
  reporter->set_node_uid("nu");
  EXPECT_TRUE(comes([this] { return bodies_.size() == 3; }));
  reporter.reset();
  ASSERT_EQ(asked_.size(), 4U);
  const std::string path = "/apis/cilium.io/v1alpha1/tracingpolicyreports/n1";
  EXPECT_EQ(asked_[0], "PATCH " + path + "?fieldManager=tripline&force=true");
  EXPECT_EQ(asked_[3], "DELETE " + path);
  const kube::PolicyReport read = kube::read_report(kube::read_json(bodies_[2]).value_or(kube::Json{}));
  EXPECT_EQ(read.policies, said_);
  EXPECT_EQ(read.node_uid, "nu");
}

TEST_F(PolicyReporterTest, StaysWithThePrograms) {
  auto reporter = this->reporter(true);
  EXPECT_TRUE(comes([this] { return asked_.size() == 1; }));
  reporter.reset();
  EXPECT_EQ(asked_.size(), 1U);
}

TEST_F(PolicyReporterTest, ARightThatIsMissingIsSaidOnce) {
  status_ = 403;
  auto reporter = this->reporter();
  EXPECT_TRUE(comes([this] { return asked_.size() >= 4; }));
  status_ = 200;
  EXPECT_TRUE(comes([this] { return log_.size() >= 2; }));
  reporter.reset();
  ASSERT_EQ(log_.size(), 2U);
  EXPECT_TRUE(log_[0].starts_with("level=warn msg=\"The API server takes no report")) << log_[0];
  EXPECT_TRUE(log_[1].starts_with("level=info ")) << log_[1];
}

}  // namespace
}  // namespace tripline
