// SPDX-License-Identifier: Apache-2.0
#include "filter/subject.h"

#include <gtest/gtest.h>

#include "filter/stream.h"
#include "tetragon/events.pb.h"

namespace tripline {
namespace {

TEST(Subject, IsTheSameOfAnEventAndOfAMessage) {
  const Event event = test::event_of({"kprobe", 24, "/x", "a b", 20});
  tetragon::GetEventsResponse message;
  tetragon::ProcessKprobe& kprobe = *message.mutable_process_kprobe();
  kprobe.set_policy_name("seeks");
  kprobe.mutable_process()->mutable_pid()->set_value(24);
  kprobe.mutable_process()->set_exec_id("id24");
  kprobe.mutable_process()->set_binary("/x");
  kprobe.mutable_process()->set_arguments("a b");
  kprobe.mutable_process()->mutable_cap()->add_effective(tetragon::CAP_SYS_ADMIN);
  kprobe.mutable_parent()->mutable_pid()->set_value(20);
  kprobe.add_ancestors()->set_binary(test::kShell);
  const Subject one = subject_of(event), other = subject_of(message);
  EXPECT_EQ(one.type, tetragon::PROCESS_KPROBE);
  EXPECT_EQ(one.type, other.type);
  EXPECT_EQ(one.policy, other.policy);
  EXPECT_EQ(one.process->pid, other.process->pid);
  EXPECT_EQ(one.process->exec_id, other.process->exec_id);
  EXPECT_EQ(one.process->binary, other.process->binary);
  EXPECT_EQ(one.process->arguments, other.process->arguments);
  EXPECT_EQ(one.process->cap->effective, other.process->cap->effective);
  EXPECT_EQ(one.parent->pid, other.parent->pid);
  EXPECT_EQ(one.ancestors.front().binary, other.ancestors.front().binary);
  EXPECT_EQ(one.event, &event);
  EXPECT_EQ(other.message, &message);
}

// Numbers of events and of types are the same, so a type needs no table.
TEST(Subject, KnowsEveryKindOfEvent) {
  const auto& events = *tetragon::GetEventsResponse::descriptor()->FindOneofByName("event");
  for (int at = 0; at < events.field_count(); at++) {
    const auto& field = *events.field(at);
    tetragon::GetEventsResponse message;
    google::protobuf::Message& event = *message.GetReflection()->MutableMessage(&message, &field);
    std::string name = tetragon::EventType_Name(field.number());
    std::ranges::transform(name, name.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
    EXPECT_EQ(name, field.name());
    const auto* process = event.GetDescriptor()->FindFieldByName("process");
    if (process != nullptr) event.GetReflection()->MutableMessage(&event, process);
    const auto* policy = event.GetDescriptor()->FindFieldByName("policy_name");
    if (policy != nullptr) event.GetReflection()->SetString(&event, policy, "p");
    const Subject subject = subject_of(message);
    EXPECT_EQ(subject.type, field.number());
    EXPECT_EQ(subject.process.has_value(), process != nullptr) << name;
    EXPECT_EQ(subject.policy, policy != nullptr ? "p" : "") << name;
  }
}

}  // namespace
}  // namespace tripline
