// SPDX-License-Identifier: Apache-2.0
#include "serve/shape.h"

#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <random>

#include "filter/parse_lists.h"
#include "render/json.h"
#include "serve/encode.h"
#include "serve/message_json.h"
#include "serve/random_event.h"
#include "serve/stable_bytes.h"
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

// --- the same by cutting a line ---------------------------------------------------------------------------------------

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// Field filters of all sorts: paths into every message, beyond its fields, into texts and times.
class RandomFilters {
 public:
  explicit RandomFilters(uint64_t seed) : random_(seed) {}

  tetragon::GetEventsRequest request() {
    tetragon::GetEventsRequest out;
    for (uint64_t count = 1 + below(3); count > 0; count--) {
      tetragon::FieldFilter& filter = *out.add_field_filters();
      for (uint64_t paths = below(8); paths > 0; paths--) filter.mutable_fields()->add_paths(path());
      filter.set_action(below(2) == 0 ? tetragon::INCLUDE : tetragon::EXCLUDE);
      for (uint64_t kinds = below(3); kinds > 0; kinds--)
        filter.add_event_set(static_cast<tetragon::EventType>(events().field(any_event())->number()));
      if (below(4) == 0) filter.mutable_invert_event_set()->set_value(true);
    }
    return out;
  }

 private:
  static const google::protobuf::OneofDescriptor& events() {
    return *tetragon::GetEventsResponse::descriptor()->FindOneofByName("event");
  }
  uint64_t below(uint64_t limit) { return random_() % limit; }
  int any_event() { return static_cast<int>(below(static_cast<uint64_t>(events().field_count()))); }
  std::string path() {
    const Descriptor* message = events().field(any_event())->message_type();
    std::string out;
    for (uint64_t depth = 1 + below(4); depth > 0 && message != nullptr && message->field_count() > 0;
         depth--) {
      if (below(16) == 0) return out + "nosuch";
      // Most paths begin with a process.
      const FieldDescriptor* field =
          out.empty() && below(2) == 0 ? message->FindFieldByName("process") : nullptr;
      if (field == nullptr)
        field = message->field(static_cast<int>(below(static_cast<uint64_t>(message->field_count()))));
      out += (below(4) == 0 ? field->camelcase_name() : field->name()) + '.';
      message = field->message_type();
    }
    out.pop_back();
    return out;
  }

  std::mt19937_64 random_;
};

TEST(Shape, ALineThatIsCutIsWhatTheMessageGives) {
  test::RandomEvents random(7);
  RandomFilters filters(8);
  const Node node{"n", "c"};
  EventEncoder encoder(node);
  int cut = 0, refused = 0;
  for (int round = 0; round < 1500; round++) {
    const tetragon::GetEventsRequest request = filters.request();
    FieldFilters fields(request);
    Event event;
    for (int events = 0; events < 12; events++) {
      // Some are of the same processes as the last one, some of one of them.
      const Event last = std::exchange(event, random.event());
      if (events % 3 != 0) event.process = last.process;
      if (events % 4 != 0) event.parent = last.parent;
      const std::string line = to_json(event, node);
      std::string left = "before";
      if (!fields.cut(line, left)) {
        refused++;
        EXPECT_EQ(left, "before");
        continue;
      }
      cut++;
      // Versions of protobuf's printer escape different characters, so the messages are compared.
      tetragon::GetEventsResponse got;
      ASSERT_TRUE(left.starts_with("before"));
      ASSERT_TRUE(message_from_json(std::string_view(left).substr(6), got)) << left;
      tetragon::GetEventsResponse wanted;
      ASSERT_TRUE(message_from_json(shaped_json(encoder.encode(event), fields), wanted));
      ASSERT_EQ(stable_bytes(got), stable_bytes(wanted)) << request.ShortDebugString() << line;
    }
  }
  EXPECT_GT(cut, 5 * refused) << "only paths into times and wrapped numbers are refused";
  EXPECT_GT(refused, 0);
}

TEST(Shape, CutsEntriesOfMaps) {
  tetragon::GetEventsResponse message;
  message.set_node_name("n");
  auto& labels = *message.mutable_process_exec()->mutable_process()->mutable_pod()->mutable_pod_labels();
  labels["app.kubernetes.io/name"] = "web";
  labels["quote\"\\\n\u00e9\u2028<"] = "}{";
  labels["tier"] = "3";
  const std::string line = message_to_json(message);
  const char* const filters[] = {
      R"({"fields":"process.pod.pod_labels.tier"})",
      R"({"fields":"process.pod.pod_labels.tier","action":"EXCLUDE"})",
      R"({"fields":"process.pod.pod_labels.app.kubernetes.io/name"})",
      R"({"fields":"process.pod.pod_labels.nosuch"})",
      R"({"fields":"process.pod.pod_labels","action":"EXCLUDE"})",
      R"({"fields":"process.pod.pod_labels.tier"}{"fields":"process.pod.pod_labels.tier","action":"EXCLUDE"})",
      R"({"fields":"process.pod.pod_labels.tier","action":"EXCLUDE"}{"fields":"process.pod"})",
  };
  for (const char* text : filters) {
    auto fields = compile_export_lists({{}, {}, text}, {})->fields;
    tetragon::GetEventsResponse want = message, got;
    fields.apply(want);
    std::string left;
    ASSERT_TRUE(fields.cut(line, left)) << text;
    ASSERT_TRUE(message_from_json(left, got)) << left;
    EXPECT_EQ(got.ShortDebugString().size(), want.ShortDebugString().size()) << text << left;
    EXPECT_EQ(got.SerializeAsString().size(), want.SerializeAsString().size()) << left;
    EXPECT_EQ(left.find("pod_labels") != std::string::npos,
              want.process_exec().process().pod().pod_labels_size() > 0);
  }
  tetragon::GetEventsRequest request;
  request.add_field_filters()->mutable_fields()->add_paths("process.pod.pod_labels.quote\"\\\n\u00e9\u2028<");
  std::string left;
  ASSERT_TRUE(FieldFilters(request).cut(line, left));
  tetragon::GetEventsResponse got;
  ASSERT_TRUE(message_from_json(left, got));
  EXPECT_EQ(got.process_exec().process().pod().pod_labels_size(), 1) << left;
}

}  // namespace
}  // namespace tripline
