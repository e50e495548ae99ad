// SPDX-License-Identifier: Apache-2.0
// Events as JSON by us, and as messages which protobuf then prints: both say the same. A member that one of them has and
// the other has not is a fault of one.
#include "serve/message.h"

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <set>

#include "render/json.h"
#include "render/json_value.h"
#include "serve/random_event.h"
#include "tetragon/events.pb.h"

namespace tripline {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using test::JsonReader;
using test::JsonValue;
using test::RandomEvents;

constexpr size_t kArgumentTypes = std::variant_size_v<ArgumentValue>;

std::string printed(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return json;
}

// With the members of objects in the order of their names.
JsonValue sorted(JsonValue json) {
  if (auto* array = std::get_if<JsonValue::Array>(&json.value))
    for (JsonValue& element : *array) element = sorted(std::move(element));
  if (auto* object = std::get_if<JsonValue::Object>(&json.value)) {
    for (auto& [name, value] : *object) value = sorted(std::move(value));
    std::ranges::sort(*object, {}, [](const auto& member) { return member.first; });
  }
  return json;
}

bool equal(const JsonValue& left, const JsonValue& right) {
  if (left.value.index() != right.value.index()) return false;
  if (const auto* array = std::get_if<JsonValue::Array>(&left.value))
    return std::ranges::equal(*array, std::get<JsonValue::Array>(right.value), equal);
  if (const auto* object = std::get_if<JsonValue::Object>(&left.value)) {
    return std::ranges::equal(
        *object, std::get<JsonValue::Object>(right.value),
        [](const auto& a, const auto& b) { return a.first == b.first && equal(a.second, b.second); });
  }
  if (const auto* text = std::get_if<std::string>(&left.value))
    return *text == std::get<std::string>(right.value);
  if (const auto* number = std::get_if<int64_t>(&left.value))
    return *number == std::get<int64_t>(right.value);
  if (const auto* number = std::get_if<uint64_t>(&left.value))
    return *number == std::get<uint64_t>(right.value);
  if (const auto* flag = std::get_if<bool>(&left.value)) return *flag == std::get<bool>(right.value);
  return true;
}

tetragon::GetEventsResponse message_of(const Event& event, const Node& node) {
  tetragon::GetEventsResponse message;
  to_message(event, node, message);
  return message;
}

void expect_same(const Event& event, const Node& node) {
  const std::string ours = to_json(event, node);
  const std::string theirs = printed(message_of(event, node));
  const auto left = JsonReader::read(ours);
  const auto right = JsonReader::read(theirs);
  ASSERT_TRUE(left && right) << ours << "\n" << theirs;
  EXPECT_TRUE(equal(sorted(*left), sorted(*right))) << ours << "\n" << theirs;
}

TEST(Message, SaysWhatTheJsonSays) {
  RandomEvents events(1);
  for (int round = 0; round < 3000 && !HasFailure(); round++) expect_same(events.event(), events.node());
}

TEST(Message, EveryArgument) {
  RandomEvents events(2);
  for (size_t at = 0; at < kArgumentTypes; at++)
    for (int round = 0; round < 100 && !HasFailure(); round++)
      expect_same(events.event_with(at), events.node());
}

// Every member of the messages that we send is in some random event, so that the comparison above says something.
void collect(const google::protobuf::Message& message, std::set<std::string>& seen) {
  std::vector<const FieldDescriptor*> fields;
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    seen.insert(field->full_name());
    if (!field->message_type()) continue;
    if (!field->is_repeated()) collect(reflection.GetMessage(message, field), seen);
    for (int at = 0; field->is_repeated() && at < reflection.FieldSize(message, field); at++)
      collect(reflection.GetRepeatedMessage(message, field, at), seen);
  }
}

void expect_all_but(const Descriptor& type, const std::set<std::string>& never,
                    const std::set<std::string>& seen, std::set<std::string>& visited) {
  if (!visited.insert(type.full_name()).second) return;
  for (int at = 0; at < type.field_count(); at++) {
    const FieldDescriptor& field = *type.field(at);
    if (never.contains(field.full_name())) {
      EXPECT_FALSE(seen.contains(field.full_name())) << field.full_name() << " is said never to be sent";
      continue;
    }
    EXPECT_TRUE(seen.contains(field.full_name())) << field.full_name() << " is never sent";
    if (field.message_type()) expect_all_but(*field.message_type(), never, seen, visited);
  }
}

TEST(Message, EveryField) {
  RandomEvents events(3);
  std::set<std::string> seen;
  for (int round = 0; round < 2000; round++) collect(message_of(events.event(), events.node()), seen);
  // What no event of ours has.
  const std::set<std::string> never = {
      "tetragon.KprobeArgument.net_dev_arg",
      "tetragon.GetEventsResponse.test",
      "tetragon.GetEventsResponse.rate_limit_info",
      "tetragon.GetEventsResponse.aggregation_info",
      "tetragon.GetEventsResponse.node_labels",
      "tetragon.FileProperties.path",
      "tetragon.KprobeArgument.cred_arg",
      "tetragon.KprobeArgument.user_namespace_arg",
      "tetragon.KprobePath.mount",
      "tetragon.KprobeFile.mount",
  };
  std::set<std::string> visited;
  expect_all_but(*tetragon::GetEventsResponse::descriptor(), never, seen, visited);
}

// The members of our JSON stand in the order in which the .proto files declare them.
void expect_order(const JsonValue& json, const Descriptor& type, const std::string& line) {
  const auto* object = std::get_if<JsonValue::Object>(&json.value);
  if (!object) return;  // a wrapped number, a time
  int last = -1;
  for (const auto& [name, value] : *object) {
    const FieldDescriptor* field = type.FindFieldByName(name);
    ASSERT_TRUE(field) << type.full_name() << " has no " << name;
    EXPECT_GT(field->index(), last) << type.full_name() << ": " << name << "\n" << line;
    last = field->index();
    if (!field->message_type() || field->is_map()) continue;
    if (const auto* array = std::get_if<JsonValue::Array>(&value.value)) {
      for (const JsonValue& element : *array) expect_order(element, *field->message_type(), line);
    } else {
      expect_order(value, *field->message_type(), line);
    }
  }
}

TEST(Message, OrderOfTheJson) {
  RandomEvents events(4);
  for (int round = 0; round < 1000 && !HasFailure(); round++) {
    const std::string line = to_json(events.event(), events.node());
    expect_order(*JsonReader::read(line), *tetragon::GetEventsResponse::descriptor(), line);
  }
}

}  // namespace
}  // namespace tripline
