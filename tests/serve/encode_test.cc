// SPDX-License-Identifier: Apache-2.0
#include "serve/encode.h"

#include <gtest/gtest.h>

#include "serve/message.h"
#include "serve/random_event.h"
#include "serve/stable_bytes.h"
#include "tetragon/events.pb.h"

namespace tripline {
namespace {

using test::RandomEvents;

// The same fields in the same order, none of them twice: what protobuf makes of a message that it has read.
TEST(Encode, TheBytesThatProtobufWrites) {
  RandomEvents events(6);
  const Node node{"node", "cluster"};
  EventEncoder encoder(node);
  for (int round = 0; round < 2000; round++) {
    const Event event = events.event();
    const std::string bytes = encoder.encode(event);
    tetragon::GetEventsResponse message;
    ASSERT_TRUE(message.ParseFromString(bytes));
    EXPECT_EQ(stable_bytes(message), bytes);
    ASSERT_EQ(EventEncoder(node).encode(event), bytes) << "what is remembered changes nothing";
  }
}

// Images are sent again as they were, with what each event adds.
TEST(Encode, AnImageIsRemembered) {
  RandomEvents events(7);
  EventEncoder encoder({"node", ""});
  Event event = events.event();  // an exec
  const std::string with = encoder.encode(event);
  const size_t remembered = encoder.remembered();
  EXPECT_GT(remembered, 0u);
  event.process.refcnt = 77;
  event.process.tid = 78;
  std::get<ProcessExec>(event.payload).binary_properties = BinaryProperties{.setuid = 79};
  tetragon::GetEventsResponse message;
  ASSERT_TRUE(message.ParseFromString(encoder.encode(event)));
  EXPECT_EQ(encoder.remembered(), remembered);
  EXPECT_EQ(message.process_exec().process().refcnt(), 77u);
  EXPECT_EQ(message.process_exec().process().tid().value(), 78u);
  EXPECT_EQ(message.process_exec().process().binary_properties().setuid().value(), 79u);
  EXPECT_NE(encoder.encode(event), with);
}

Event exec_of(Process process) {
  Event event;
  event.process.process = std::make_shared<const Process>(std::move(process));
  event.payload = ProcessExec{};
  return event;
}

// Lengths of one byte to four, of the message and of those around it.
TEST(Encode, AnyLength) {
  EventEncoder encoder({});
  for (size_t length :
       {0, 1, 100, 126, 127, 128, 129, 16'300, 16'383, 16'384, 65'536, 70'000, 2'097'151, 3'000'000}) {
    const std::string argument(length, 'x');
    tetragon::GetEventsResponse message;
    ASSERT_TRUE(message.ParseFromString(encoder.encode(exec_of({.arguments = argument}))));
    EXPECT_EQ(message.process_exec().process().arguments(), argument);
  }
}

TEST(Encode, RemembersSoMuchAndNoMore) {
  EventEncoder encoder({});
  for (uint32_t pid = 1; pid < 5000; pid++) {
    const size_t before = encoder.remembered();
    (void)encoder.encode(exec_of({.pid = pid, .arguments = std::string(10'000, 'x')}));
    EXPECT_LE(encoder.remembered(), size_t{8} << 20);
    (void)encoder.encode(exec_of({.pid = pid, .arguments = std::string(65'536, 'x')}));
    EXPECT_LT(encoder.remembered(), before + 20'000) << "one that is too long is not kept";
  }
}

// A host can have any name.
TEST(Encode, LabelsOfTheNode) {
  RandomEvents events(9);
  EventEncoder encoder({"node", "cluster"});
  const Event event = events.event();
  encoder.set_labels({{"os", "linux"}, {"zone", "a"}});
  const std::string bytes = encoder.encode(event);
  tetragon::GetEventsResponse message;
  ASSERT_TRUE(message.ParseFromString(bytes));
  EXPECT_EQ(stable_bytes(message), bytes);
  EXPECT_EQ(message.node_labels_size(), 2);
  EXPECT_EQ(message.node_labels().at("zone"), "a");
  encoder.set_labels({});
  EXPECT_EQ(encoder.encode(event), EventEncoder({"node", "cluster"}).encode(event));
}

TEST(Encode, ANodeThatIsNoText) {
  tetragon::GetEventsResponse message;
  ASSERT_TRUE(message.ParseFromString(EventEncoder({"n\xff", ""}).encode(exec_of({}))));
  EXPECT_EQ(message.node_name(), "n\ufffd");
}

TEST(Encode, AProcessAlone) {
  const Event event = exec_of({.exec_id = "id", .pid = 7});
  tetragon::Process process;
  to_message({event.process.process, 8, 9}, process);
  EXPECT_EQ(process.exec_id(), "id");
  EXPECT_EQ(process.tid().value(), 8u);
  EXPECT_EQ(process.refcnt(), 9u);
}

}  // namespace
}  // namespace tripline
