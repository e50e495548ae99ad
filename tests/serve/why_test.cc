// SPDX-License-Identifier: Apache-2.0
#include "serve/why.h"

#include <gtest/gtest.h>

#include "render/json.h"
#include "render/why.h"
#include "serve/encode.h"
#include "serve/message_json.h"
#include "serve/random_event.h"
#include "tetragon/events.pb.h"

namespace tripline {
namespace {

Why sample() {
  const Reason entered{.file = "p.yaml",
                       .line = 9,
                       .selector = 1,
                       .label = "x",
                       .implied = false,
                       .held = {{"args[1] Equal \"/a\"", 11}, {"only for pods", 0}}};
  const Reason returned{.file = "p.yaml",
                        .line = 9,
                        .selector = 2,
                        .label = "",
                        .implied = true,
                        .held = {{"args[0] Lt 0", 20}}};
  return {std::make_shared<const Reason>(entered), std::make_shared<const Reason>(returned)};
}

void expect_equal(const Why& got, const Why& expected) {
  ASSERT_EQ(got.entered != nullptr, expected.entered != nullptr);
  ASSERT_EQ(got.returned != nullptr, expected.returned != nullptr);
  if (expected.entered) EXPECT_EQ(*got.entered, *expected.entered);
  if (expected.returned) EXPECT_EQ(*got.returned, *expected.returned);
}

TEST(WhyOnTheWire, ComesBack) {
  tetragon::GetEventsResponse message;
  ASSERT_TRUE(message.ParseFromString(with_why("", sample())));
  expect_equal(why_of(message), sample());
  Why entered = sample();
  entered.returned.reset();
  ASSERT_TRUE(message.ParseFromString(with_why("", entered)));
  expect_equal(why_of(message), entered);
  EXPECT_EQ(with_why("bytes", {}), "bytes");
  ASSERT_TRUE(message.ParseFromString(""));
  expect_equal(why_of(message), {});
}

TEST(WhyOnTheWire, DamageIsNoReason) {
  tetragon::GetEventsResponse message;
  ASSERT_TRUE(message.ParseFromString("\x8a\xb5\x18\x02\xff\xff"));  // the field, and no message in it
  expect_equal(why_of(message), {});
  ASSERT_TRUE(message.ParseFromString("\x88\xb5\x18\x05"));  // a number of that name
  expect_equal(why_of(message), {});
}

// Whoever knows only the published messages sees the same event, and nothing else.
TEST(WhyOnTheWire, PrintersOfTheApiDoNotShowIt) {
  EXPECT_EQ(tetragon::GetEventsResponse::descriptor()->FindFieldByNumber(kWhyField), nullptr);
  test::RandomEvents random(1);
  for (int n = 0; n < 200; ++n) {
    const Event event = random.event();
    const std::string bytes = EventEncoder({"node", ""}).encode(event);
    tetragon::GetEventsResponse plain;
    tetragon::GetEventsResponse with;
    ASSERT_TRUE(plain.ParseFromString(bytes));
    ASSERT_TRUE(with.ParseFromString(with_why(bytes, sample())));
    // Labels of pods come in any order.
    ASSERT_EQ(message_to_json(with).size(), message_to_json(plain).size());
    ASSERT_FALSE(message_to_json(with).contains("p.yaml"));
    expect_equal(why_of(with), sample());
  }
}

TEST(WhyOnTheWire, ALineOfJsonSaysIt) {
  const std::string line = json_with_why(to_json(test::RandomEvents(2).event(), {"node", ""}), sample());
  expect_equal(why_of_line(line), sample());
  expect_equal(why_of_line("{\"node_name\":\"node\"}"), {});
  expect_equal(why_of_line("{\"why\":7}"), {});
  tetragon::GetEventsResponse message;
  EXPECT_TRUE(message_from_json(line, message)) << "and is an event still";
}

}  // namespace
}  // namespace tripline
