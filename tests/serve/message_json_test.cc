// SPDX-License-Identifier: Apache-2.0
#include "serve/message_json.h"

#include <gtest/gtest.h>

#include "render/json.h"
#include "serve/from_message.h"
#include "serve/random_event.h"
#include "tetragon/events.pb.h"

namespace tripline {
namespace {

using tetragon::GetEventsResponse;

TEST(MessageJson, OurLinesComeBack) {
  test::RandomEvents events(5);
  for (int round = 0; round < 1000 && !testing::Test::HasFailure(); round++) {
    const Event event = events.event();
    const Node node = events.node();
    const std::string line = to_json(event, node);
    GetEventsResponse message;
    ASSERT_TRUE(message_from_json(line, message)) << line;
    const Received received = from_message(message);
    ASSERT_TRUE(received.event);
    EXPECT_EQ(to_json(*received.event, received.node), line);
  }
}

TEST(MessageJson, BothSpellings) {
  GetEventsResponse snake, camel;
  ASSERT_TRUE(message_from_json(
      R"({"process_exec":{"process":{"exec_id":"x","in_init_tree":false,"start_time":"2026-08-21T10:00:00.5Z"}},"node_name":"n"})",
      snake));
  ASSERT_TRUE(message_from_json(
      R"({"nodeName":"n", "processExec":{"process":{"execId":"x","inInitTree":false,"startTime":"2026-08-21T10:00:00.500Z"}}})",
      camel));
  EXPECT_EQ(snake.SerializeAsString(), camel.SerializeAsString());
  EXPECT_TRUE(snake.process_exec().process().has_in_init_tree());
}

TEST(MessageJson, WhatIsNotKnownIsPassedOver) {
  GetEventsResponse message;
  EXPECT_TRUE(message_from_json(R"({"process_later":{"process":{"pid":1}},"more":[1,{"a":null}]})", message));
  EXPECT_EQ(message.event_case(), GetEventsResponse::EVENT_NOT_SET);
  EXPECT_EQ(message_to_json(message), "{}");
  EXPECT_TRUE(message_from_json("{}", message));
  EXPECT_EQ(message_to_json(message), "{}");
}

TEST(MessageJson, NoJson) {
  for (const char* line :
       {"", "no json", "{", "[]", "1", "null", R"({"node_name":7})", R"({"process_exec":[]})", "{}{}",
        R"({"process_exec":{"process":{"pid":"many"}}})"}) {
    GetEventsResponse message;
    EXPECT_FALSE(message_from_json(line, message)) << line;
  }
}

TEST(MessageJson, DeeplyNested) {
  std::string line = R"({"a":)";
  for (int depth = 0; depth < 100'000; depth++) line += "[";
  GetEventsResponse message;
  EXPECT_FALSE(message_from_json(line, message));
}

TEST(MessageJson, ShowsWhatNoEventSays) {
  GetEventsResponse message;
  message.mutable_process_exec()->mutable_process()->mutable_pod()->set_name("web");
  message.mutable_process_exec()->mutable_process()->mutable_pid()->set_value(0);
  EXPECT_EQ(message_to_json(message), R"({"process_exec":{"process":{"pid":0,"pod":{"name":"web"}}}})");
}

}  // namespace
}  // namespace tripline
