// SPDX-License-Identifier: Apache-2.0
#include "event/text.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

using namespace std::string_literals;

TEST(Text, EachRunOfInvalidBytesBecomesOneReplacement) {
  EXPECT_EQ(to_valid_utf8("plain"), "plain");
  EXPECT_EQ(to_valid_utf8("ok\xc3\xa9"), "ok\xc3\xa9");
  EXPECT_EQ(to_valid_utf8("\xff"), "\uFFFD");
  EXPECT_EQ(to_valid_utf8("a\x80\xff"
                          "b"),
            "a\uFFFDb");
  EXPECT_EQ(to_valid_utf8("\xc3"), "\uFFFD");
  EXPECT_EQ(to_valid_utf8("\xed\xa0\x80"), "\uFFFD");      // a surrogate
  EXPECT_EQ(to_valid_utf8("\xc0\xaf"), "\uFFFD");          // overlong
  EXPECT_EQ(to_valid_utf8("\xf4\x90\x80\x80"), "\uFFFD");  // above U+10FFFF
  EXPECT_EQ(to_valid_utf8("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80");
  EXPECT_EQ(to_valid_utf8("\xe2\x82x"), "\uFFFDx");
  EXPECT_EQ(to_valid_utf8("12345678\xff"), "12345678\uFFFD");
}

TEST(Text, EveryResultIsValid) {
  for (int first = 0; first < 256; first++)
    for (int second = 0; second < 256; second++)
      for (int third : {0x00, 0x41, 0x80, 0x9f, 0xa0, 0xbf, 0xc2, 0xff}) {
        std::string bytes{static_cast<char>(first), static_cast<char>(second), static_cast<char>(third)};
        EXPECT_TRUE(is_valid_utf8(to_valid_utf8(bytes)));
      }
}

TEST(Text, Base64) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("\xff\xfe\xfd"), "//79");
}

TEST(Text, CleanPath) {
  struct Case {
    const char *path, *clean;
  };
  for (Case c : {Case{"", "."},
                 {"/", "/"},
                 {"//a//b/", "/a/b"},
                 {"/a/./b/../c", "/a/c"},
                 {"/../a", "/a"},
                 {"a/..", "."},
                 {"../a", "../a"},
                 {"a/../../b", "../b"},
                 {"./a", "a"},
                 {"/..", "/"}})
    EXPECT_EQ(clean_path(c.path), c.clean) << c.path;
}

TEST(Text, BinaryPath) {
  EXPECT_EQ(binary_path("/bin//./a", "/x"), "/bin//./a");
  EXPECT_EQ(binary_path("./tool", "/mnt/work"), "/mnt/work/tool");
  EXPECT_EQ(binary_path("d/../tool", "/mnt/work"), "/mnt/work/tool");
  EXPECT_EQ(binary_path("../../tool", "/w/d/e"), "/w/tool");
  EXPECT_EQ(binary_path("tool", "/"), "/tool");
  EXPECT_EQ(binary_path("./tool", ""), "tool");
  EXPECT_EQ(binary_path("/dev/fd/3", "/x"), "/dev/fd/3");
}

TEST(Text, JoinArguments) {
  EXPECT_EQ(join_arguments(""), "");
  EXPECT_EQ(join_arguments("a\0"s), "");
  EXPECT_EQ(join_arguments("a\0b\0c\0"s), "b c");
  EXPECT_EQ(join_arguments("a\0b\0c"s), "b c");
  EXPECT_EQ(join_arguments("\0nop\0y\0"s), "nop y");
  EXPECT_EQ(join_arguments("a\0nop\0two words\0\0tab\there\0q\"uote\0both \"q q\"\0"s),
            "nop \"two words\"  tab\there q\"uote \"both \"q q\"\"");
  EXPECT_EQ(join_arguments("a\0first word\0second\0"s), "\"first word\" second");
  EXPECT_EQ(join_arguments("a\0x\0\0\0"s), "x  ");
  EXPECT_EQ(join_arguments("a\0\0\0x\0"s), "x");
  EXPECT_EQ(join_arguments("a\0\xff\0z\0"s), "\uFFFD z");
}

TEST(Text, Permission) {
  EXPECT_EQ(permission_text(0100644), "-rw-r--r--");
  EXPECT_EQ(permission_text(0040755), "drwxr-xr-x");
  EXPECT_EQ(permission_text(0140777), "srwxrwxrwx");
  EXPECT_EQ(permission_text(0010600), "prw-------");
  EXPECT_EQ(permission_text(0120777), "lrwxrwxrwx");
  EXPECT_EQ(permission_text(0020666), "crw-rw-rw-");
  EXPECT_EQ(permission_text(0060660), "brw-rw----");
  EXPECT_EQ(permission_text(0104755), "-rwsr-xr-x");
  EXPECT_EQ(permission_text(0107644), "-rwSr-Sr-T");
  EXPECT_EQ(permission_text(0041777), "drwxrwxrwt");
  EXPECT_EQ(permission_text(0600), "rw-------");
  EXPECT_EQ(permission_text(0), "---------");
}

TEST(Text, SignalName) {
  EXPECT_EQ(signal_name(9), "SIGKILL");
  EXPECT_EQ(signal_name(11), "SIGSEGV");
  EXPECT_EQ(signal_name(31), "SIGSYS");
  EXPECT_EQ(signal_name(0), "");
  EXPECT_EQ(signal_name(34), "");
}

}  // namespace
}  // namespace tripline
