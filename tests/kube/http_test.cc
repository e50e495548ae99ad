// SPDX-License-Identifier: Apache-2.0
#include "kube/http.h"

#include <gtest/gtest.h>

namespace tripline::kube {
namespace {

struct Read {
  Answer<bool> last = false;
  std::string body;
  HttpHead head;
};

Read read(const std::string& text, size_t size, bool closed = false) {
  Read out;
  HttpResponse response([&](const HttpHead&, std::string_view piece) {
    out.body += piece;
    return true;
  });
  for (size_t at = 0; at < text.size() && out.last && !*out.last; at += size)
    out.last = response.add(std::string_view(text).substr(at, size));
  if (closed && out.last && !*out.last) out.last = response.add({});
  out.head = response.head();
  return out;
}

TEST(Http, RequestAsText) {
  EXPECT_EQ(request_text({.method = "PUT", .path = "/a?b=c", .headers = {{"Host", "h"}}, .body = "{}"}),
            "PUT /a?b=c HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}");
  EXPECT_EQ(request_text({.method = "GET", .path = "/"}), "GET / HTTP/1.1\r\n\r\n");
}

TEST(Http, ResponsesInPiecesOfEverySize) {
  const std::string head = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nRetry-AFTER: 7\r\nX: y\r\n";
  for (size_t size = 1; size < 200; ++size) {
    const Read sized = read(head + "Content-Length: 5\r\n\r\nhello", size);
    ASSERT_TRUE(sized.last && *sized.last) << size;
    EXPECT_EQ(sized.body, "hello");
    EXPECT_EQ(sized.head.status, 200);
    EXPECT_EQ(sized.head.retry_after, std::chrono::seconds(7));
    EXPECT_TRUE(sized.head.keep);
    const Read chunked =
        read(head + "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;ext=1\r\nlo\r\n0\r\n\r\n", size);
    ASSERT_TRUE(chunked.last && *chunked.last) << size;
    EXPECT_EQ(chunked.body, "hello");
    EXPECT_TRUE(chunked.head.keep);
  }
}

TEST(Http, EndsWithTheConnection) {
  const Read whole = read("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall", 5, true);
  ASSERT_TRUE(whole.last && *whole.last);
  EXPECT_EQ(whole.body, "all");
  EXPECT_FALSE(whole.head.keep);
  for (const char* text : {"", "HTTP/1.1 2", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhell"}) {
    const Read cut = read(text, 1, true);
    ASSERT_FALSE(cut.last) << text;
    EXPECT_EQ(cut.last.error().kind, Failure::Kind::kUnreachable);
  }
}

TEST(Http, WhatFollowsAnAnswerIsNone) {
  EXPECT_FALSE(read("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", 1000).head.keep);
}

TEST(Http, RefusesWhatIsNone) {
  const std::string endless = "HTTP/1.1 200 OK\r\nX: " + std::string(200'000, 'x');
  for (const std::string& text :
       {std::string("hello\r\n\r\n"), std::string("HTTP/1.1 abc\r\n\r\n"),
        std::string("HTTP/1.1 2 OK\r\n\r\nx"), endless,
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
        std::string("HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")}) {
    const Read refused = read(text, 100);
    ASSERT_FALSE(refused.last) << text.substr(0, 40);
    EXPECT_EQ(refused.last.error().kind, Failure::Kind::kMalformed);
  }
}

TEST(Http, RequestsInPiecesOfEverySize) {
  const std::string text = "POST /validate?timeout=10s HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";
  for (size_t size = 1; size < text.size(); ++size) {
    HttpRequestReader reader(5);
    Answer<bool> last = false;
    for (size_t at = 0; at < text.size() && last && !*last; at += size)
      last = reader.add(std::string_view(text).substr(at, size));
    ASSERT_TRUE(last && *last) << size;
    EXPECT_EQ(reader.request().method, "POST");
    EXPECT_EQ(reader.request().path, "/validate?timeout=10s");
    EXPECT_EQ(reader.request().body, "hello");
    EXPECT_TRUE(reader.keeps());
  }
}

TEST(Http, RequestsThatAreTooLongOrNone) {
  for (const char* text : {"POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\n",
                           "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello!\r\n0\r\n\r\n"}) {
    HttpRequestReader reader(5);
    EXPECT_FALSE(reader.add(text)) << text;
    EXPECT_TRUE(reader.is_too_long()) << text;
  }
  for (const char* text : {"", "\x16\x03\x01\x02", "GET\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"}) {
    HttpRequestReader reader(5);
    EXPECT_FALSE(reader.add(text)) << text;
    EXPECT_FALSE(reader.is_too_long());
  }
  HttpRequestReader headers(5);
  EXPECT_FALSE(headers.add("GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x')));
}

TEST(Http, AnswerAsText) {
  EXPECT_EQ(answer_text(200, "text/plain", "ok", true),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_EQ(
      answer_text(413, "t", "", false),
      "HTTP/1.1 413 Payload Too Large\r\nContent-Type: t\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

}  // namespace
}  // namespace tripline::kube
