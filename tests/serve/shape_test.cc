// SPDX-License-Identifier: Apache-2.0
#include "serve/shape.h"

#include <gtest/gtest.h>

#include "filter/parse_lists.h"
#include "serve/encode.h"
#include "serve/random_event.h"
#include "tetragon/events.pb.h"

namespace tripline {
namespace {

FieldFilters only_binary() {
  const auto filters = compile_export_lists({{}, {}, R"({"fields":"process.binary"})"}, {});
  EXPECT_TRUE(filters);
  return filters->fields;
}

TEST(Shape, LeavesTheFieldsThatWereAskedFor) {
  test::RandomEvents random(3);
  EventEncoder encoder(Node{"n", ""});
  for (int round = 0; round < 200; round++) {
    const std::string bytes = encoder.encode(random.event());
    tetragon::GetEventsResponse whole, left;
    ASSERT_TRUE(whole.ParseFromString(bytes));
    ASSERT_TRUE(left.ParseFromString(shaped_bytes(bytes, only_binary())));
    EXPECT_EQ(left.node_name(), whole.node_name());
    EXPECT_EQ(left.event_case(), whole.event_case());
    if (!whole.has_process_exec()) continue;
    EXPECT_EQ(left.process_exec().process().binary(), whole.process_exec().process().binary());
    left.mutable_process_exec()->mutable_process()->clear_binary();
    left.mutable_process_exec()->clear_process();
    EXPECT_EQ(left.process_exec().ByteSizeLong(), 0U);
  }
}

TEST(Shape, WritesJson) {
  auto process = std::make_shared<Process>();
  process->binary = SharedText("/x");
  process->arguments = SharedText("secret");
  Event event;
  event.process.process = process;
  event.payload = ProcessExec{};
  EXPECT_EQ(shaped_json(EventEncoder(Node{"n", ""}).encode(event), only_binary()),
            R"({"process_exec":{"process":{"binary":"/x"}},"node_name":"n","time":"1970-01-01T00:00:00Z"})");
  EXPECT_EQ(shaped_json("\xff", only_binary()), "{}") << "rather nothing";
}

}  // namespace
}  // namespace tripline
