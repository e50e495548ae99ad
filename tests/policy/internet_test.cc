// SPDX-License-Identifier: Apache-2.0
#include "policy/internet.h"

#include <gtest/gtest.h>

namespace tripline::policy {
namespace {

TEST(HttpUrl, Parts) {
  EXPECT_EQ(parse_http_url("http://a.test"), (HttpUrl{"a.test", 80, "a.test", "/"}));
  EXPECT_EQ(parse_http_url("http://a.test:8080/b/c?d=1#e"),
            (HttpUrl{"a.test", 8080, "a.test:8080", "/b/c?d=1"}));
  EXPECT_EQ(parse_http_url("http://a?b"), (HttpUrl{"a", 80, "a", "/?b"}));
  EXPECT_EQ(parse_http_url("http://[::1]:81/"), (HttpUrl{"::1", 81, "[::1]:81", "/"}));
  EXPECT_EQ(parse_http_url("http://[::1]"), (HttpUrl{"::1", 80, "[::1]", "/"}));
  EXPECT_EQ(parse_http_url("https://a.test/b"), (HttpUrl{"a.test", 443, "a.test", "/b", true}));
  EXPECT_EQ(parse_http_url("https://[::1]:81/"), (HttpUrl{"::1", 81, "[::1]:81", "/", true}));
}

TEST(HttpUrl, None) {
  for (const std::string_view text :
       {"", "a", "ftp://a/", "https://", "https://:443/", "http://", "http:///a", "http://:80/",
        "http://a:0/", "http://a:65536/", "http://a:x/", "http://[::1/", "http://[::1]x/", "http://u:p@a/",
        "http://a/b c", "http://a/\r\nX: y"}) {
    EXPECT_FALSE(parse_http_url(text)) << text;
  }
}

TEST(DnsQuestion, Bytes) {
  using namespace std::string_literals;
  EXPECT_EQ(dns_question("name.test", 0x1234),
            "\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x04name\x04test\0\0\x01\0\x01"s);
  EXPECT_EQ(dns_question("name.test.", 7), dns_question("name.test", 7));
}

TEST(DnsQuestion, None) {
  const std::string label(63, 'a');
  std::string too_long = label;
  for (int more = 0; more < 3; ++more) too_long.append(".").append(label);
  EXPECT_TRUE(dns_question(label + "." + label + "." + label + "." + std::string(61, 'a'), 0));
  for (const std::string& text : {std::string(), std::string("."), std::string("a..b"), std::string(".a"),
                                  std::string("a b"), label + "a", too_long}) {
    EXPECT_FALSE(dns_question(text, 0)) << text;
  }
}

}  // namespace
}  // namespace tripline::policy
