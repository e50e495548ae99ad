// SPDX-License-Identifier: Apache-2.0
#include "render/json_out.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

std::string text_of(std::string_view text) {
  TextBuffer out;
  JsonOut(out).text(text);
  return std::string(out.view());
}

TEST(JsonOut, CommasStandBetweenMembersAndElements) {
  TextBuffer out;
  JsonOut json(out);
  json.start();
  json.object("a");
  json.end();
  json.array("b");
  json.named("", 1);
  json.text("");
  json.start();
  json.end();
  json.end_array();
  json.raw("");
  json.raw(R"("c":2,"d":3)");
  json.set_member("e", true);
  json.set_member64("f", int64_t{-5});
  json.set_member("g", int32_t{-6});
  json.end();
  EXPECT_EQ(out.view(), R"({"a":{},"b":[1,"",{}],"c":2,"d":3,"e":true,"f":"-5","g":-6})");
}

TEST(JsonOut, LeavesOutWhatIsNothing) {
  TextBuffer out;
  JsonOut json(out);
  json.start();
  json.member("a", "");
  json.member("b", uint32_t{0});
  json.member64("c", 0);
  json.set_member("d", std::optional<uint32_t>());
  json.end();
  EXPECT_EQ(out.view(), "{}");
}

TEST(JsonOut, EscapesWhatMustBe) {
  EXPECT_EQ(text_of("plain text of more than eight bytes"), "\"plain text of more than eight bytes\"");
  EXPECT_EQ(text_of("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(text_of("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(text_of(std::string_view("\0\x1f\x7f", 3)), "\"\\u0000\\u001F\x7f\"");
}

// A byte that is not plain at each place of a word of eight, and of what is left over.
TEST(JsonOut, EscapesWhereverItStands) {
  for (size_t at = 0; at < 19; ++at) {
    for (const char byte : {'"', '\\', '\x01'}) {
      std::string text(19, 'x');
      text[at] = byte;
      const std::string escaped = byte == '\x01' ? "\\u0001" : std::string("\\") + byte;
      EXPECT_EQ(text_of(text), "\"" + std::string(at, 'x') + escaped + std::string(18 - at, 'x') + "\"");
    }
  }
}

TEST(JsonOut, KeepsUtf8AndReplacesWhatIsNone) {
  EXPECT_EQ(text_of("8 bytes and \xc3\xa4\"\xe2\x82\xac"), "\"8 bytes and \xc3\xa4\\\"\xe2\x82\xac\"");
  EXPECT_EQ(text_of("long enough \xff\xfe x"), "\"long enough \xEF\xBF\xBD x\"");
}

}  // namespace
}  // namespace tripline
