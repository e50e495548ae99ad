// SPDX-License-Identifier: Apache-2.0
#include "metrics/http.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>

namespace tripline {
namespace {

Fd connect_to(int port) {
  Fd out(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(out.get(), reinterpret_cast<const sockaddr*>(&to), sizeof(to)), 0);
  return out;
}

void say(const Fd& socket, std::string_view text) {
  EXPECT_EQ(send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
}

std::string rest_of(const Fd& socket) {
  std::string out;
  char bytes[4096];
  for (ssize_t size = 0; (size = recv(socket.get(), bytes, sizeof(bytes), 0)) > 0;)
    out.append(bytes, static_cast<size_t>(size));
  return out;
}

std::string ask(int port, std::string_view request) {
  const Fd socket = connect_to(port);
  say(socket, request);
  return rest_of(socket);
}

HttpAnswer echo(std::string_view path, const std::stop_token& /*stop*/) {
  return {path == "/none" ? 404 : 200, "text/x", std::make_shared<const std::string>(path)};
}

std::unique_ptr<HttpServer> started(HttpServer::Handler handler = echo) {
  auto server = HttpServer::start("127.0.0.1:0", std::move(handler));
  EXPECT_TRUE(server) << server.error().text();
  return *std::move(server);
}

TEST(HttpServer, AnswersGetAndHead) {
  const auto server = started();
  const std::string head =
      "HTTP/1.1 200 OK\r\nContent-Type: text/x\r\nContent-Length: 2\r\nX-Content-Type-Options: nosniff\r\n"
      "Connection: close\r\n\r\n";
  EXPECT_EQ(ask(server->port(), "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n"), head + "/a");
  EXPECT_EQ(ask(server->port(), "HEAD /a HTTP/1.1\r\n\r\n"), head);
  EXPECT_TRUE(ask(server->port(), "GET /none HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 404 Not Found\r\n"));
}

TEST(HttpServer, RefusesWhatItDoesNotKnow) {
  const auto server = started();
  EXPECT_TRUE(ask(server->port(), "POST /a HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 405 "));
  for (const char* bad : {"\r\n\r\n", "GET\r\n\r\n", "GET /a\r\n\r\n", "GET /a FTP/1\r\n\r\n",
                          "GET /a\nb HTTP/1.1\r\n\r\n", "GET /a b HTTP/1.1\r\n\r\n"})
    EXPECT_TRUE(ask(server->port(), bad).starts_with("HTTP/1.1 400 ")) << bad;
  EXPECT_TRUE(ask(server->port(), "GET /a HTTP/1.1\r\nX: " + std::string(20'000, 'x')).contains(" 431 "));
  EXPECT_TRUE(ask(server->port(), "GET /a HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 200 ")) << "and goes on";
}

TEST(HttpServer, WhoIsSlowHoldsUpNobody) {
  const auto server = started([](std::string_view, const std::stop_token&) {
    return HttpAnswer{200, "text/x", std::make_shared<const std::string>(size_t{8} << 20, 'x')};
  });
  const Fd silent = connect_to(server->port());
  const Fd slow = connect_to(server->port());
  say(slow, "GET /a HTT");
  const Fd reads_nothing = connect_to(server->port());
  say(reads_nothing, "GET /a HTTP/1.1\r\n\r\n");
  EXPECT_GT(ask(server->port(), "GET /b HTTP/1.1\r\n\r\n").size(), size_t{8} << 20);
  say(slow, "P/1.1\r\n\r\n");
  EXPECT_GT(rest_of(slow).size(), size_t{8} << 20);
}

TEST(HttpServer, MoreConnectionsThanItTakesWait) {
  const auto server = started();
  std::vector<Fd> open;
  for (size_t n = 0; n < HttpServer::kConnections; ++n) open.push_back(connect_to(server->port()));
  const Fd waits = connect_to(server->port());
  say(waits, "GET /w HTTP/1.1\r\n\r\n");
  open.clear();
  EXPECT_TRUE(rest_of(waits).ends_with("/w"));
}

TEST(HttpServer, ConnectionsThatAskForNothingYield) {
  const auto server = started();
  std::vector<Fd> silent;
  for (size_t n = 0; n <= HttpServer::kConnections; ++n) {
    silent.push_back(connect_to(server->port()));
    say(silent.back(), "GET /");
  }
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(ask(server->port(), "GET /w HTTP/1.1\r\n\r\n").ends_with("/w"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(8));
}

TEST(HttpServer, StopsWhileAnAnswerIsMade) {
  std::atomic<bool> asked = false;
  auto server = started([&asked](std::string_view, const std::stop_token& stop) {
    asked = true;
    while (!stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return HttpAnswer{200, "text/x", std::make_shared<const std::string>()};
  });
  const Fd socket = connect_to(server->port());
  say(socket, "GET /a HTTP/1.1\r\n\r\n");
  while (!asked) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  server.reset();
}

TEST(HttpServer, ListensWhereItIsToldTo) {
  for (const char* address : {":0", "localhost:0", "[::]:0", "0.0.0.0:0"}) {
    const auto server = HttpServer::start(address, echo);
    ASSERT_TRUE(server) << address << ": " << server.error().text();
    EXPECT_TRUE(ask((*server)->port(), "GET /a HTTP/1.1\r\n\r\n").ends_with("/a")) << address;
  }
  for (const char* address : {"", "2112", "somewhere:2112", "127.0.0.1:port", "127.0.0.1:70000"})
    EXPECT_FALSE(HttpServer::start(address, echo)) << address;
  const auto first = started();
  const auto second = HttpServer::start("127.0.0.1:" + std::to_string(first->port()), echo);
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().text().contains("in use")) << second.error().text();
}

}  // namespace
}  // namespace tripline
