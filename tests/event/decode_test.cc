// SPDX-License-Identifier: Apache-2.0
#include "event/decode.h"

#include <gtest/gtest.h>

#include <random>

#include "event/records.h"

namespace tripline {
namespace {

using test::Bytes;

SchemaTable table() {
  SchemaTable schemas;
  schemas.add(test::fd_install_schema());
  return schemas;
}

tl_record hook_head(uint32_t selector = 0) {
  tl_record head = test::make_head(TL_RECORD_HOOK, 5, 100, 101);
  head.schema = 7;
  head.selector = selector;
  return head;
}

TEST(Decode, Fork) {
  tl_fork fork{.head = test::make_head(TL_RECORD_FORK, 9, 12),
               .forker = 11,
               .parent = 10,
               .pid_in_ns = 1,
               .ns_level = 2};
  auto record = decode_record(test::fork_bytes(fork), {});
  ASSERT_TRUE(record);
  const auto& value = std::get<ForkRecord>(*record);
  EXPECT_EQ(value.head.time, 9u);
  EXPECT_EQ(value.head.tgid, 12u);
  EXPECT_EQ(value.forker, 11u);
  EXPECT_EQ(value.parent, 10u);
  EXPECT_EQ(value.pid_in_ns, 1u);
  EXPECT_EQ(value.ns_level, 2u);
}

TEST(Decode, Exec) {
  tl_exec exec{
      .head = test::make_head(TL_RECORD_EXEC, 9, 12), .parent = 3, .auid = 1000, .flags = TL_EXEC_SETUID};
  exec.cred.euid = 5;
  exec.ns.uts = 6;
  exec.cgroup = 77;
  std::memcpy(exec.cgroup_name, "a.scope\0left", 12);
  const Bytes bytes = test::exec_bytes(exec, "/bin/a", "/tmp", std::string_view("a\0b\0", 4));
  auto record = decode_record(bytes, {});
  ASSERT_TRUE(record);
  const auto& value = std::get<ExecRecord>(*record);
  EXPECT_EQ(value.name, "/bin/a");
  EXPECT_EQ(value.cwd, "/tmp");
  EXPECT_EQ(value.argv, std::string("a\0b\0", 4));
  EXPECT_EQ(value.cred.euid, 5u);
  EXPECT_EQ(value.ns.uts, 6u);
  EXPECT_EQ(value.flags, static_cast<uint32_t>(TL_EXEC_SETUID));
  EXPECT_EQ(value.cgroup, 77u);
  EXPECT_EQ(value.cgroup_name, "a.scope");
  std::memset(exec.cgroup_name, 'x', sizeof(exec.cgroup_name));
  const Bytes endless = test::exec_bytes(exec, "/bin/a", "/tmp", "a");
  record = decode_record(endless, {});
  EXPECT_EQ(std::get<ExecRecord>(*record).cgroup_name, std::string(TL_CGROUP_NAME, 'x'));
}

TEST(Decode, Exit) {
  auto record =
      decode_record(test::exit_bytes({.head = test::make_head(TL_RECORD_EXIT, 1, 2), .code = 0x300}), {});
  ASSERT_TRUE(record);
  EXPECT_EQ(std::get<ExitRecord>(*record).code, 0x300u);
}

TEST(Decode, Throttle) {
  const tl_throttle throttle{
      .head = test::make_head(TL_RECORD_THROTTLE, 1, 2), .cgroup = 9, .name = "a.slice"};
  Bytes bytes;
  test::append(bytes, throttle);
  test::set_size(bytes);
  auto record = decode_record(bytes, {});
  ASSERT_TRUE(record);
  EXPECT_EQ(std::get<ThrottleRecord>(*record).cgroup, 9u);
  EXPECT_EQ(std::get<ThrottleRecord>(*record).name, "a.slice");
  bytes.pop_back();
  test::set_size(bytes);
  EXPECT_FALSE(decode_record(bytes, {}));
}

TEST(Decode, Hook) {
  const Bytes bytes = test::fd_install_bytes(hook_head(1), -3, "/etc/passwd");
  auto record = decode_record(bytes, table());
  ASSERT_TRUE(record);
  const auto& value = std::get<HookRecord>(*record);
  EXPECT_EQ(value.head.tid, 101u);
  EXPECT_EQ(value.selector, 1u);
  EXPECT_EQ(value.schema->function, "fd_install");
  ASSERT_EQ(value.fields.size(), 2u);
  EXPECT_EQ(std::get<tl_number>(value.fields[0].fixed).number, static_cast<uint64_t>(-3));
  EXPECT_EQ(value.fields[1].bytes, "/etc/passwd");
  EXPECT_EQ(std::get<tl_path>(value.fields[1].fixed).mode, 0100644);
}

TEST(Decode, Data) {
  tl_data data{.head = test::make_head(TL_RECORD_DATA, 5, 100, 101), .field = 48, .offset = 4095};
  data.head.schema = 7;
  Bytes bytes;
  test::append(bytes, data);
  EXPECT_FALSE(decode_record(std::span(bytes).first(sizeof(tl_record)), {}));
  test::append_text(bytes, "more");
  test::set_size(bytes);
  auto record = decode_record(bytes, {});
  ASSERT_TRUE(record);
  const auto& value = std::get<DataRecord>(*record);
  EXPECT_EQ(value.head.time, 5u);
  EXPECT_EQ(value.head.tid, 101u);
  EXPECT_EQ(value.schema, 7u);
  EXPECT_EQ(value.field, 48u);
  EXPECT_EQ(value.offset, 4095u);
  EXPECT_EQ(value.bytes, "more");
}

TEST(Decode, HookOutlivesItsSchema) {
  SchemaTable schemas = table();
  auto record = decode_record(test::fd_install_bytes(hook_head(), 3, "/a"), schemas);
  schemas.remove(7);
  ASSERT_TRUE(record);
  EXPECT_EQ(std::get<HookRecord>(*record).schema->policy, "watch-files");
  EXPECT_FALSE(decode_record(test::fd_install_bytes(hook_head(), 3, "/a"), schemas));
}

// Every way in which one field of a good record can be wrong.
TEST(Decode, RefusesDamage) {
  SchemaTable schemas = table();
  constexpr size_t kPathSize = sizeof(tl_record) + sizeof(tl_number);
  Bytes hook = test::fd_install_bytes(hook_head(), 3, "/a");
  auto refused = [&](Bytes bytes, size_t offset, auto value) {
    std::memcpy(bytes.data() + offset, &value, sizeof(value));
    return !decode_record(bytes, schemas).has_value();
  };
  EXPECT_TRUE(refused(hook, offsetof(tl_record, kind), uint16_t{0}));
  EXPECT_TRUE(refused(hook, offsetof(tl_record, kind), uint16_t{9}));
  EXPECT_TRUE(refused(hook, offsetof(tl_record, kind), uint16_t{TL_RECORD_FORK}));
  EXPECT_TRUE(refused(hook, offsetof(tl_record, kind), uint16_t{TL_RECORD_EXEC}));
  EXPECT_TRUE(refused(hook, offsetof(tl_record, schema), uint32_t{8}));
  EXPECT_TRUE(refused(hook, offsetof(tl_record, selector), uint32_t{2}));
  EXPECT_TRUE(refused(hook, offsetof(tl_record, size), static_cast<uint32_t>(hook.size() - 1)));
  EXPECT_TRUE(refused(hook, kPathSize, uint32_t{3}));
  EXPECT_TRUE(refused(hook, kPathSize, uint32_t{1}));
  EXPECT_TRUE(refused(hook, kPathSize, uint32_t{0xffffffff}));

  Bytes exec = test::exec_bytes({.head = test::make_head(TL_RECORD_EXEC, 1, 2)}, "/a", "/", "a");
  for (size_t offset :
       {offsetof(tl_exec, name_size), offsetof(tl_exec, cwd_size), offsetof(tl_exec, args_size)})
    for (uint32_t size : {0u, 3u, 0x7fffffffu, 0xffffffffu})
      EXPECT_TRUE(refused(exec, offset, size)) << offset;
  // Sizes whose sum wraps around to the right value.
  Bytes wrapped = exec;
  uint32_t huge = 0xffffffff, rest = 5;
  std::memcpy(wrapped.data() + offsetof(tl_exec, name_size), &huge, 4);
  std::memcpy(wrapped.data() + offsetof(tl_exec, cwd_size), &rest, 4);
  std::memcpy(wrapped.data() + offsetof(tl_exec, args_size), &rest, 4);
  EXPECT_FALSE(decode_record(wrapped, schemas));
}

TEST(Decode, RefusesSchemasThatPointOutside) {
  for (uint32_t offset :
       {sizeof(tl_record) + sizeof(tl_number) + 9, size_t{0xfffffffe}, size_t{0x7fffffff}}) {
    Schema schema = test::fd_install_schema();
    schema.fields[0].offset = offset;
    SchemaTable schemas;
    schemas.add(schema);
    EXPECT_FALSE(decode_record(test::fd_install_bytes(hook_head(), 3, "/a"), schemas)) << offset;
  }
  Schema small = test::fd_install_schema();
  small.fixed_size = 4;
  SchemaTable schemas;
  schemas.add(small);
  EXPECT_FALSE(decode_record(test::fd_install_bytes(hook_head(), 3, "/a"), schemas));
}

TEST(Decode, Return) {
  SchemaTable schemas;
  Schema schema = test::one_field_schema(FieldType::kLong);
  schema.half = Half::kReturn;
  schema.fields[0].offset = sizeof(tl_return);
  schema.fixed_size = sizeof(tl_return) + sizeof(tl_number);
  schemas.add(schema);
  Bytes bytes;
  tl_return head{.head = test::make_head(TL_RECORD_HOOK, 9, 100, 101), .entry_time = 7};
  head.head.schema = 8;
  test::append(bytes, head);
  test::append(bytes, tl_number{.number = 3});
  test::set_size(bytes);
  auto record = decode_record(bytes, schemas);
  ASSERT_TRUE(record);
  EXPECT_EQ(std::get<HookRecord>(*record).entry_time, 7u);
  EXPECT_EQ(std::get<tl_number>(std::get<HookRecord>(*record).fields[0].fixed).number, 3u);
  schema.fixed_size = sizeof(tl_record);
  schema.fields.clear();
  schemas.add(schema);
  bytes.resize(sizeof(tl_record));
  test::set_size(bytes);
  EXPECT_FALSE(decode_record(bytes, schemas));
}

// Any prefix and any flipped byte decodes or is refused, and never reads outside: meant for the sanitizers.
TEST(Decode, SurvivesAnything) {
  SchemaTable schemas = table();
  std::mt19937 random(1);
  size_t decoded = 0;
  std::vector<Bytes> good = {
      test::fork_bytes({.head = test::make_head(TL_RECORD_FORK, 1, 2)}),
      test::exec_bytes({.head = test::make_head(TL_RECORD_EXEC, 1, 2)}, "/bin/a", "/tmp",
                       test::argv_of("a b c")),
      test::exit_bytes({.head = test::make_head(TL_RECORD_EXIT, 1, 2)}),
      test::fd_install_bytes(hook_head(), 3, "/etc/passwd"),
  };
  for (const Bytes& bytes : good) {
    ASSERT_TRUE(decode_record(bytes, schemas));
    for (size_t size = 0; size < bytes.size(); size++)
      EXPECT_FALSE(decode_record(Bytes(bytes.begin(), bytes.begin() + size), schemas));
    for (int round = 0; round < 20000; round++) {
      Bytes changed = bytes;
      for (int flips = 1 + random() % 4; flips > 0; flips--)
        changed[random() % changed.size()] = std::byte(random());
      if (random() % 4 == 0) changed.resize(random() % (changed.size() + 20));
      if (changed.size() >= 4 && random() % 2) test::set_size(changed);
      decoded += decode_record(changed, schemas).has_value();
    }
  }
  EXPECT_GT(decoded, 0u);
}

}  // namespace
}  // namespace tripline
