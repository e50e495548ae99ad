// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>
#include <string_view>

#include "object/object.h"

namespace tripline {
namespace {

Object sample() {
  Object object;
  for (int i = 0; i < 300; ++i) object.elf.push_back(static_cast<std::byte>(i * 7));
  object.programs = {{"tl_fd_install",
                      Attachment::kKprobe,
                      target::Functions{{"a", "m:b"}},
                      7,
                      3,
                      {{5, "bpf_preempt_enable"}}},
                     {"a", Attachment::kFentry, target::Function{"fd_install", "m"}},
                     {"b", Attachment::kTracepoint, target::Tracepoint{"sched", "sched_switch"}},
                     {"c", Attachment::kLsm, target::LsmHook{"file_open"}},
                     {"d", Attachment::kIterator, target::Iterator{"task"}},
                     {"e", Attachment::kUretprobeMulti,
                      target::UserCode{{.path = "/lib/l"}, {{0x1000, 0x3000, "f+4"}, {0x2000, 0, {}}}}},
                     {}};
  Schema schema;
  schema.id = 12;
  schema.policy = "kill";
  schema.policy_namespace = std::string("a\0b", 3);
  schema.call = "fd_install";
  schema.function = "fd_install";
  schema.message = "m\xff\n";
  schema.tags = {"one", "", "three"};
  schema.kind = EventKind::kTracepoint;
  schema.subsystem = "syscalls";
  schema.path = "/lib/l";
  schema.offset = 0x1000;
  schema.semaphore = ~uint64_t{0};
  schema.half = Half::kReturn;
  schema.pair = 11;
  schema.section_index = 2;
  schema.fixed_size = 44;
  schema.fields = {{FieldType::kInt, 32, "fd", FieldPlace::kData, 0},
                   {FieldType::kFile, 48, "", FieldPlace::kCopied, 3, Extent::kAll}};
  schema.selectors = {{ActionName::kSigkill, 0xffffffff, "s"}, {ActionName::kGetUrl, 1, "", "http://a/"}};
  schema.selectors[0].reason =
      std::make_shared<const Reason>(Reason{"kill.yaml", 4, 1, "s", true, {{"args[0] Equal 1", 7}, {"", 0}}});
  object.schemas = {schema, {}};
  object.lines = {{"tl_judge", 3, "kill.yaml", {14, 3, 9}}, {"", 0, "", {-1, 0, 0}}};
  return object;
}

TEST(ObjectFile, ReadsBackEqual) {
  for (const Object& object : {Object{}, sample()}) {
    const Result<Object> again = read_object(save_object(object));
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(*again, object);
    if (object.programs.empty()) continue;
    // Places are equal whatever their names, which are kept too.
    const auto& code = std::get<target::UserCode>(again->programs.at(5).target);
    EXPECT_EQ(code.file.path, "/lib/l");
    EXPECT_EQ(code.places.at(0).name, "f+4");
  }
}

TEST(ObjectFile, ReasonsAreKept) {
  const Result<Object> again = read_object(save_object(sample()));
  ASSERT_TRUE(again && again->schemas.at(0).selectors.at(0).reason);
  EXPECT_EQ(again->schemas[0].selectors[0].reason->held.at(0).text, "args[0] Equal 1");
  Object other = sample();
  other.schemas[0].selectors[0].reason = std::make_shared<const Reason>();
  EXPECT_NE(*again, other);
  other.schemas[0].selectors[0].reason.reset();
  EXPECT_NE(*again, other);
}

// It is another one on the machine that the object is loaded on.
TEST(ObjectFile, TheInodeOfAFileIsNotKept) {
  Object object = sample();
  std::get<target::UserCode>(object.programs.at(5).target).file.inode = 7;
  EXPECT_EQ(save_object(object), save_object(sample()));
}

TEST(ObjectFile, SameBytesForTheSameObject) { EXPECT_EQ(save_object(sample()), save_object(sample())); }

TEST(ObjectFile, RefusesForeignBytes) {
  const auto read = [](std::string_view text) {
    const Result<Object> object = read_object(std::as_bytes(std::span(text)));
    return object ? "" : object.error().text();
  };
  EXPECT_EQ(read(""), "read object: this is not a file of compiled policies");
  EXPECT_EQ(read("\x7f"
                 "ELF"),
            "read object: this is not a file of compiled policies");
  EXPECT_EQ(read("tripline object 1\n"), "read object: it was written by another version");
  EXPECT_EQ(read("tripline object 10\n"), "read object: the file is damaged");
}

TEST(ObjectFile, RefusesEveryDamage) {
  const std::vector<std::byte> file = save_object(sample());
  for (size_t size = 0; size < file.size(); ++size) {
    EXPECT_FALSE(read_object(std::span(file).first(size))) << size;
  }
  std::vector<std::byte> longer = file;
  longer.push_back({});
  EXPECT_FALSE(read_object(longer));
  for (size_t at = 0; at < file.size(); ++at) {
    for (const unsigned bit : {0u, 7u}) {
      std::vector<std::byte> damaged = file;
      damaged[at] ^= static_cast<std::byte>(1u << bit);
      EXPECT_FALSE(read_object(damaged)) << at;
    }
  }
}

// Damage that the check sum does not show: lengths and enums are doubted too.
TEST(ObjectFile, SurvivesDamageWithARightSum) {
  constexpr size_t kHead = sizeof("tripline object 10\n") - 1;
  const std::vector<std::byte> file = save_object(sample());
  std::mt19937_64 random(1);
  size_t read = 0;
  for (int i = 0; i < 20000; ++i) {
    std::vector<std::byte> damaged = file;
    for (uint64_t changes = 1 + random() % 3; changes > 0; --changes) {
      const size_t at = kHead + 8 + random() % (damaged.size() - kHead - 8);
      damaged[at] = static_cast<std::byte>(random() % 2 == 0 ? 0xff : random());
    }
    if (random() % 4 == 0) damaged.resize(kHead + 8 + random() % (damaged.size() - kHead - 8));
    uint64_t sum = 0xcbf2'9ce4'8422'2325;
    for (size_t at = kHead + 8; at < damaged.size(); ++at) {
      sum = (sum ^ static_cast<uint8_t>(damaged[at])) * 0x100'0000'01b3;
    }
    for (size_t n = 0; n < 8; ++n) damaged[kHead + n] = static_cast<std::byte>(sum >> (8 * n));
    const Result<Object> object = read_object(damaged);
    if (!object) continue;
    ++read;
    EXPECT_EQ(save_object(*object), damaged);
  }
  EXPECT_GT(read, 1000u);
}

}  // namespace
}  // namespace tripline
