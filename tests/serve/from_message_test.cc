// SPDX-License-Identifier: Apache-2.0
// What a client receives, it shows as the agent would have.
#include "serve/from_message.h"

#include <gtest/gtest.h>

#include "render/compact.h"
#include "render/json.h"
#include "serve/message.h"
#include "serve/random_event.h"
#include "tetragon/events.pb.h"

namespace tripline {
namespace {

using test::RandomEvents;

tetragon::GetEventsResponse sent(const Event& event, const Node& node) {
  tetragon::GetEventsResponse message;
  to_message(event, node, message);
  tetragon::GetEventsResponse received;
  EXPECT_TRUE(received.ParseFromString(message.SerializeAsString()));
  return received;
}

void expect_same(const Event& event, const Node& node) {
  const Received received = from_message(sent(event, node));
  ASSERT_TRUE(received.event);
  EXPECT_TRUE(received.whole);
  EXPECT_EQ(to_json(*received.event, received.node), to_json(event, node));
  for (const bool colours : {false, true}) {
    const CompactOptions options{.colours = colours, .timestamps = true};
    EXPECT_EQ(to_compact(*received.event, received.node, options), to_compact(event, node, options));
  }
}

TEST(FromMessage, AnyEvent) {
  RandomEvents events(1);
  for (int round = 0; round < 3000 && !HasFailure(); round++) expect_same(events.event(), events.node());
}

TEST(FromMessage, EveryArgument) {
  RandomEvents events(2);
  for (size_t at = 0; at < std::variant_size_v<ArgumentValue>; at++)
    for (int round = 0; round < 100 && !HasFailure(); round++)
      expect_same(events.event_with(at), events.node());
}

// Compact lines show more of these.
TEST(FromMessage, FunctionsThatCompactLinesKnow) {
  RandomEvents events(3);
  for (const char* function :
       {"__x64_sys_write", "fd_install", "__x64_sys_openat", "tcp_sendmsg", "bpf_check",
        "security_bpf_map_create", "security_file_permission", "security_mmap_file"}) {
    for (size_t at = 0; at < std::variant_size_v<ArgumentValue>; at++) {
      Event event = events.event();
      event.payload = ProcessKprobe{.function = function, .args = {events.argument(at), events.argument(at)}};
      if (event.process.process) expect_same(event, {"node", ""});
    }
  }
}

// A message that says more than an Event can.
class FromOthers : public testing::Test {
 protected:
  FromOthers() { to_message(events_.event(), {"node", "cluster"}, message_); }
  [[nodiscard]] Received received() const { return from_message(message_); }
  tetragon::Process& process() { return *message_.mutable_process_exec()->mutable_process(); }

  RandomEvents events_{4};  // the first is an exec
  tetragon::GetEventsResponse message_;
};

TEST_F(FromOthers, IsWholeUntilThen) { EXPECT_TRUE(received().whole); }

TEST_F(FromOthers, APodWithoutAContainer) {
  process().clear_pod();
  process().mutable_pod()->set_name("web");
  process().mutable_pod()->set_namespace_("shop");
  EXPECT_FALSE(received().whole);
  ASSERT_TRUE(received().event && received().event->process.process->pod);
  EXPECT_EQ(received().event->process.process->pod->of->name_space, "shop");
}

// In whatever order the message has them.
TEST_F(FromOthers, ManyLabels) {
  tetragon::Pod& pod = *process().mutable_pod();
  pod.Clear();
  pod.mutable_container()->mutable_image();
  pod.mutable_container()->mutable_security_context();
  for (const char* key : {"z", "a", "m", "b", "y", "c"}) (*pod.mutable_pod_labels())[key] = "";
  EXPECT_TRUE(received().whole);
}

TEST_F(FromOthers, MissingPid) {
  process().clear_pid();
  EXPECT_FALSE(received().whole);
}

TEST_F(FromOthers, UnknownField) {
  tetragon::ProcessExec& exec = *message_.mutable_process_exec();
  exec.GetReflection()->MutableUnknownFields(&exec)->AddVarint(99, 1);
  EXPECT_FALSE(received().whole);
}

TEST_F(FromOthers, NoProcess) {
  message_.mutable_process_exec()->clear_process();
  message_.mutable_process_exec()->clear_parent();
  ASSERT_TRUE(received().event);
  EXPECT_FALSE(received().event->process.process);
  EXPECT_TRUE(received().whole);
}

TEST_F(FromOthers, CapabilityThatNoSetHolds) {
  process().mutable_cap()->add_effective(static_cast<tetragon::CapabilitiesType>(64));
  process().mutable_cap()->add_effective(static_cast<tetragon::CapabilitiesType>(-1));
  EXPECT_FALSE(received().whole);
}

TEST_F(FromOthers, ExitWithATimeOfItsOwn) {
  message_.mutable_process_exit()->mutable_process()->mutable_pid()->set_value(1);
  message_.mutable_process_exit()->mutable_time()->set_seconds(1);
  EXPECT_FALSE(received().whole);
}

TEST_F(FromOthers, ArgumentsWeDoNotHave) {
  tetragon::ProcessKprobe& kprobe = *message_.mutable_process_kprobe();
  kprobe.add_args()->mutable_cred_arg();
  kprobe.add_args();
  kprobe.add_args()->set_kernel_cap_t_arg("no digits");
  const Received found = received();
  ASSERT_TRUE(found.event);
  EXPECT_FALSE(found.whole);
  EXPECT_EQ(std::get<ProcessKprobe>(found.event->payload).args.size(), 3u);
}

TEST(FromMessage, EventsWeDoNotHave) {
  tetragon::GetEventsResponse message;
  EXPECT_FALSE(from_message(message).event);
  message.mutable_test()->set_arg0(1);
  message.set_node_name("there");
  EXPECT_FALSE(from_message(message).event);
  EXPECT_EQ(from_message(message).node.name, "there");
  message.mutable_rate_limit_info();
  EXPECT_FALSE(from_message(message).event);
}

}  // namespace
}  // namespace tripline
