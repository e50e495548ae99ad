// SPDX-License-Identifier: Apache-2.0
#include "event/payload.h"

#include <gtest/gtest.h>

#include "event/records.h"

namespace tripline {
namespace {

// The payload of a record with one field.
template <typename Kind, typename Layout>
Kind payload(const Schema& schema, const Layout& layout, std::string_view bytes = {}) {
  SchemaTable schemas;
  schemas.add(schema);
  auto record = decode_record(test::one_field_bytes(layout, bytes), schemas);
  EXPECT_TRUE(record);
  if (!record) return {};
  Payload made = payload_of(std::get<HookRecord>(*record));
  EXPECT_TRUE(std::holds_alternative<Kind>(made));
  return std::get<Kind>(made);
}

TEST(Payload, Tracepoint) {
  Schema schema = test::one_field_schema(FieldType::kInt, EventKind::kTracepoint);
  schema.subsystem = "syscalls";
  schema.message = "m";
  schema.tags = {"t"};
  schema.selectors[0].action = ActionName::kOverride;
  const auto tracepoint = payload<ProcessTracepoint>(schema, tl_number{.number = 3});
  EXPECT_EQ(tracepoint.subsys, "syscalls");
  EXPECT_EQ(tracepoint.event, "function");
  EXPECT_EQ(tracepoint.action, Action::kOverride);
  EXPECT_EQ(tracepoint.policy, "one");
  EXPECT_EQ(tracepoint.message, "m");
  EXPECT_EQ(tracepoint.tags, std::vector<std::string>{"t"});
  EXPECT_EQ(tracepoint.args, (std::vector<Argument>{{IntArg{3}, ""}}));
}

TEST(Payload, Lsm) {
  Schema schema = test::one_field_schema(FieldType::kImaHash, EventKind::kLsm);
  schema.fields[0].place = FieldPlace::kEvent;
  schema.message = "m";
  schema.tags = {"t"};
  const auto hashed = payload<ProcessLsm>(schema, tl_ima_hash{.algorithm = 4}, "\xff");
  EXPECT_EQ(hashed.function, "function");
  EXPECT_EQ(hashed.ima_hash, "sha256:ff");
  EXPECT_EQ(hashed.policy, "one");
  EXPECT_EQ(hashed.message, "m");
  EXPECT_EQ(hashed.tags, std::vector<std::string>{"t"});
  EXPECT_TRUE(hashed.args.empty());
  schema = test::one_field_schema(FieldType::kInt, EventKind::kLsm);
  const auto plain = payload<ProcessLsm>(schema, tl_number{.number = 3});
  EXPECT_EQ(plain.args, (std::vector<Argument>{{IntArg{3}, "label"}}));
  EXPECT_EQ(plain.ima_hash, "");
}

TEST(Payload, PlacesOfAKprobe) {
  Schema schema = test::one_field_schema(FieldType::kInt);
  auto made = payload<ProcessKprobe>(schema, tl_number{.number = 3});
  EXPECT_EQ(made.args, (std::vector<Argument>{{IntArg{3}, "label"}}));
  EXPECT_TRUE(made.data.empty());
  EXPECT_FALSE(made.returned);
  schema.fields[0].place = FieldPlace::kData;
  made = payload<ProcessKprobe>(schema, tl_number{.number = 3});
  EXPECT_TRUE(made.args.empty());
  EXPECT_EQ(made.data, (std::vector<Argument>{{IntArg{3}, "label"}}));
  schema.fields[0].place = FieldPlace::kReturn;
  made = payload<ProcessKprobe>(schema, tl_number{.number = 3});
  EXPECT_TRUE(made.args.empty());
  EXPECT_EQ(made.returned, (Argument{IntArg{3}, ""}));
}

TEST(Payload, Uprobe) {
  Schema schema = test::one_field_schema(FieldType::kInt, EventKind::kUprobe);
  schema.path = "/lib/l";
  schema.offset = 0x1010;
  schema.semaphore = 0x3010;
  schema.message = "m";
  schema.tags = {"t"};
  schema.selectors[0].action = ActionName::kSigkill;
  const auto made = payload<ProcessUprobe>(schema, tl_number{.number = 3});
  EXPECT_EQ(made.path, "/lib/l");
  EXPECT_EQ(made.symbol, "function");
  EXPECT_EQ(made.offset, 0x1010U);
  EXPECT_EQ(made.ref_ctr_offset, 0x3010U);
  EXPECT_EQ(made.action, Action::kSigkill);
  EXPECT_EQ(made.policy, "one");
  EXPECT_EQ(made.message, "m");
  EXPECT_EQ(made.tags, std::vector<std::string>{"t"});
  ASSERT_EQ(made.args.size(), 1U);
  EXPECT_EQ(made.args[0].value, ArgumentValue(IntArg{3}));
  EXPECT_TRUE(made.data.empty());
}

TEST(Payload, PlacesOfAUprobe) {
  Schema schema = test::one_field_schema(FieldType::kInt, EventKind::kUprobe);
  schema.fields[0].place = FieldPlace::kData;
  auto made = payload<ProcessUprobe>(schema, tl_number{.number = 3});
  EXPECT_TRUE(made.args.empty());
  ASSERT_EQ(made.data.size(), 1U);
  EXPECT_EQ(made.data[0].value, ArgumentValue(IntArg{3}));
  schema.fields[0].place = FieldPlace::kReturn;
  made = payload<ProcessUprobe>(schema, tl_number{.number = 4});
  ASSERT_EQ(made.args.size(), 1U) << "there is no other place for it";
  EXPECT_EQ(made.args[0].value, ArgumentValue(IntArg{4}));
  EXPECT_TRUE(made.data.empty());
}

TEST(Payload, Usdt) {
  Schema schema = test::one_field_schema(FieldType::kInt, EventKind::kUsdt);
  schema.path = "/lib/l";
  schema.subsystem = "provider";
  schema.message = "m";
  schema.tags = {"t"};
  schema.selectors[0].action = ActionName::kSet;
  const auto made = payload<ProcessUsdt>(schema, tl_number{.number = 3});
  EXPECT_EQ(made.path, "/lib/l");
  EXPECT_EQ(made.provider, "provider");
  EXPECT_EQ(made.name, "function");
  EXPECT_EQ(made.action, Action::kSet);
  EXPECT_EQ(made.policy, "one");
  EXPECT_EQ(made.message, "m");
  EXPECT_EQ(made.tags, std::vector<std::string>{"t"});
  EXPECT_EQ(made.args, (std::vector<Argument>{{IntArg{3}, "label"}}));
}

TEST(Payload, Actions) {
  EXPECT_EQ(action_of(ActionName::kPost), Action::kPost);
  EXPECT_EQ(action_of(ActionName::kNoPost), Action::kNoPost);
  EXPECT_EQ(action_of(ActionName::kSigkill), Action::kSigkill);
  EXPECT_EQ(action_of(ActionName::kSignal), Action::kSignal);
  EXPECT_EQ(action_of(ActionName::kOverride), Action::kOverride);
  EXPECT_EQ(action_of(ActionName::kGetUrl), Action::kGetUrl);
  EXPECT_EQ(action_of(ActionName::kDnsLookup), Action::kDnsLookup);
  EXPECT_EQ(action_of(ActionName::kTrackSock), Action::kTrackSock);
  EXPECT_EQ(action_of(ActionName::kUntrackSock), Action::kUntrackSock);
}

}  // namespace
}  // namespace tripline
