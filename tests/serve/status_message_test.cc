// SPDX-License-Identifier: Apache-2.0
#include "serve/status_message.h"

#include <gtest/gtest.h>

#include <random>

#include "render/flat_json.h"
#include "render/status.h"
#include "serve/message_json.h"
#include "tetragon/sensors.pb.h"

namespace tripline {
namespace {

class RandomStatus {
 public:
  PolicyStatus next() {
    PolicyStatus status{.name = text(), .namespace_name = text()};
    if (coin()) status.state = PolicyState::kPartiallyEnabled;
    if (coin()) return status;
    status.mode = static_cast<PolicyMode>(random_() % 3);
    for (uint64_t count = random_() % 4; count > 0; count--) status.selectors.push_back(selector());
    return status;
  }

  // With what only the list of an agent says.
  PolicyStatus listed() {
    PolicyStatus status = next();
    status.domain = text();
    status.id = count();
    status.error = text();
    status.kernel_memory = count();
    if (coin()) status.state = coin() ? PolicyState::kDisabled : PolicyState::kLoadError;
    if (coin()) status.state = PolicyState::kSkipped;
    if (coin()) status.sensors = {"generic_kprobe", text()};
    if (coin())
      status.hooks.push_back(
          {"kprobes", text(), static_cast<uint32_t>(count()), HookStatus::State::kNotFound});
    if (coin()) status.hooks.push_back({"fentries", text(), 0, HookStatus::State::kPartlyNotFound});
    return status;
  }

 private:
  bool coin() { return random_() % 2 == 0; }
  std::string text() { return coin() ? "" : "name \"" + std::to_string(random_() % 10); }
  uint64_t count() { return coin() ? 0 : random_() >> 8; }
  SelectorStatus selector() {
    return {.hook = "kprobe:" + text(),
            .hook_index = static_cast<uint32_t>(count()),
            .selector_index = static_cast<uint32_t>(count()),
            .counts = {count(), count(), count(), count(), count(), count(), count(), count()},
            .label = text()};
  }

  std::mt19937_64 random_{1};
};

TEST(StatusMessage, SaysWhatTheJsonSays) {
  RandomStatus random;
  for (int round = 0; round < 300; round++) {
    const PolicyStatus status = random.next();
    tetragon::TracingPolicyStatus message;
    to_message(status, message);
    message.clear_enabled();  // for old clients only
    EXPECT_EQ(test::Flattener::read(message_to_json(message)), test::Flattener::read(to_json(status)));
  }
}

TEST(StatusMessage, AndBack) {
  RandomStatus random;
  for (int round = 0; round < 300; round++) {
    const PolicyStatus status = random.listed();
    tetragon::TracingPolicyStatus message;
    to_message(status, message);
    tetragon::TracingPolicyStatus received;
    ASSERT_TRUE(received.ParseFromString(message.SerializeAsString()));
    EXPECT_EQ(from_message(received), status);
  }
}

TEST(StatusMessage, StateThatWeDoNotHave) {
  tetragon::TracingPolicyStatus message;
  EXPECT_FALSE(from_message(message));
  message.set_state(tetragon::TP_STATE_LOADING);
  EXPECT_FALSE(from_message(message));
}

}  // namespace
}  // namespace tripline
