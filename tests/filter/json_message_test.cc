// SPDX-License-Identifier: Apache-2.0
#include "filter/json_message.h"

#include <gtest/gtest.h>

#include "tetragon/events.pb.h"

namespace tripline {
namespace {

constexpr std::string_view kReader = "proto:\u00a0";

std::expected<std::vector<tetragon::Filter>, std::string> read(std::string_view text) {
  google::protobuf::RepeatedPtrField<tetragon::Filter> out;
  const auto read = read_objects(text, [&]() -> google::protobuf::Message& { return *out.Add(); });
  if (!read) return std::unexpected(read.error());
  return std::vector<tetragon::Filter>(out.begin(), out.end());
}

TEST(JsonMessage, ReadsObjectsOneAfterTheOther) {
  const auto filters = read(
      "{\"binary_regex\":[\"a\",\"\\u00e4\\ud83d\\ude00\\n\\\"\"]}\n {\"eventSet\" : [ \"PROCESS_EXEC\" , "
      "9,99],"
      "\"healthCheck\":false,\"pid\":[1,\"2\"],\"in_init_tree\":null,\"labels\":[]}{}");
  ASSERT_TRUE(filters) << filters.error();
  ASSERT_EQ(filters->size(), 3U);
  EXPECT_EQ((*filters)[0].binary_regex(1), "ä😀\n\"");
  const tetragon::Filter& second = (*filters)[1];
  EXPECT_EQ(second.event_set().size(), 3);
  EXPECT_EQ(second.event_set(2), 99);
  EXPECT_TRUE(second.has_health_check());
  EXPECT_FALSE(second.health_check().value());
  EXPECT_FALSE(second.has_in_init_tree());
  EXPECT_EQ(second.pid(1), 2U);
  EXPECT_EQ((*filters)[2].ByteSizeLong(), 0U);
  EXPECT_TRUE(read(" \n")->empty());
}

TEST(JsonMessage, TakesBothSpellingsOfACapability) {
  const auto filters =
      read(R"({"capabilities":{"effective":{"any":["CAP_DAC_OVERRIDE","DAC_OVERRIDE","CAP_CHOWN"]}}})");
  ASSERT_TRUE(filters) << filters.error();
  EXPECT_EQ((*filters)[0].capabilities().effective().any(0), 1);
  EXPECT_EQ((*filters)[0].capabilities().effective().any(1), 1);
}

TEST(JsonMessage, SaysWhereAndWhatWasMeant) {
  const std::pair<const char*, const char*> cases[] = {
      {"{\"binary_regxe\":[]}", "(line 1:2): unknown field \"binary_regxe\", did you mean \"binary_regex\"?"},
      {"{}\n{\"pid\":[1],\n \"zzzzzzzz\":1}", "(line 3:2): unknown field \"zzzzzzzz\""},
      {"{\"eventSet\":[\"PROCESS_EXCE\"]}",
       "(line 1:14): invalid value for enum field event_set: \"PROCESS_EXCE\", did you mean "
       "\"PROCESS_EXEC\"?"},
      {"{\"pid\":[-1]}", "(line 1:9): invalid value for uint32 field pid: -1"},
      {"{\"pid\":[4294967296]}", "(line 1:9): invalid value for uint32 field pid: 4294967296"},
      {"{\"binary_regex\":[5]}", "(line 1:18): invalid value for string field binary_regex: 5"},
      {"{\"healthCheck\":1}", "(line 1:16): invalid value for message field health_check: 1"},
      {"{\"pid\":[1],\"pid\":[2]}", "(line 1:12): duplicate field \"pid\""},
      {"[]", "syntax error (line 1:1): unexpected token ["},
      {"{", "syntax error (line 1:2): unexpected end of text"},
      {"{\"pid\"", "syntax error (line 1:7): unexpected end of text"},
      {"{\"pid\":1}", "syntax error (line 1:8): unexpected token 1"},
      {"{\"pid\":[1}", "syntax error (line 1:10): unexpected token }"},
      {"{\"pid\":[[1]]}", "syntax error (line 1:9): unexpected token ["},
      {"{} x", "syntax error (line 1:4): unexpected token x"},
      {"{\"a\xff\":1}", "(line 1:4): invalid UTF-8 in string"},
      {"{\"\\ud800\":1}", "(line 1:3): invalid escape in string \"\\ud800\""},
      {"{\"a\n\":1}", "(line 1:4): invalid character in string"},
  };
  for (const auto& [text, expected] : cases) {
    const auto filters = read(text);
    ASSERT_FALSE(filters) << text;
    std::string error = filters.error();
    ASSERT_TRUE(error.starts_with(kReader)) << error;
    error.erase(0, kReader.size());
    EXPECT_EQ(error, expected) << text;
  }
}

TEST(JsonMessage, StandsEveryPrefixAndChange) {
  const std::string text =
      "{\"binary_regex\":[\"\\u00e4\\n\"],\"eventSet\":[\"PROCESS_EXEC\",9],\"capabilities\":{\"effective\":{"
      "}}}";
  for (size_t size = 0; size < text.size(); size++) {
    if (size > 0) EXPECT_FALSE(read(text.substr(0, size))) << size;
    for (const char c : {'\0', '"', '\\', '{', '}', '[', ']', ',', ':', '\xff', '9'}) {
      std::string changed = text;
      changed[size] = c;
      (void)read(changed);
    }
  }
  EXPECT_FALSE(read(std::string(1 << 20, '{')));
  EXPECT_FALSE(read(std::string(1 << 20, '[')));
}

}  // namespace
}  // namespace tripline
