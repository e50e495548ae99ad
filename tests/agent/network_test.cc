// SPDX-License-Identifier: Apache-2.0
// Against servers of our own on the loopback interface.
#include "agent/network.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>

#include "policy/internet.h"

namespace tripline {
namespace {

using namespace std::chrono_literals;

// A bound socket of 127.0.0.1, and where it is.
struct Server {
  Fd socket;
  sockaddr_in address{};

  explicit Server(int type) : socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0)) {
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* at = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(socket.get(), at, size), 0);
    EXPECT_EQ(getsockname(socket.get(), at, &size), 0);
    if (type == SOCK_STREAM) {
      EXPECT_EQ(listen(socket.get(), 64), 0);
    }
  }
  [[nodiscard]] std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + path;
  }
  [[nodiscard]] bool readable(std::chrono::milliseconds time) const {
    pollfd polled{socket.get(), POLLIN, 0};
    return poll(&polled, 1, static_cast<int>(time.count())) == 1;
  }
  // Takes one connection, reads a request and answers it.
  [[nodiscard]] std::string serve() const {
    if (!readable(10s)) return "nobody came";
    const Fd client(accept(socket.get(), nullptr, nullptr));
    std::string request;
    std::array<char, 512> bytes{};
    while (request.find("\r\n\r\n") == std::string::npos) {
      const ssize_t size = recv(client.get(), bytes.data(), bytes.size(), 0);
      if (size <= 0) break;
      request.append(bytes.data(), static_cast<size_t>(size));
    }
    constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\n\r\nhello";
    EXPECT_EQ(send(client.get(), kAnswer.data(), kAnswer.size(), 0), static_cast<ssize_t>(kAnswer.size()));
    return request;
  }
};

// Until all that was added came to something.
NetworkCounts settled(const NetworkActions& actions, uint64_t requests) {
  for (int i = 0; i < 1000; ++i) {
    const NetworkCounts counts = actions.counts();
    if (counts.done + counts.failed + counts.dropped >= requests) break;
    std::this_thread::sleep_for(10ms);
  }
  return actions.counts();
}

TEST(NetworkActions, GetUrl) {
  const Server server(SOCK_STREAM);
  NetworkActions actions;
  actions.add({Action::kGetUrl, server.url("/hit?a=1")});
  const std::string host = server.url("").substr(7);
  EXPECT_EQ(server.serve(), "GET /hit?a=1 HTTP/1.1\r\nHost: " + host +
                                "\r\nUser-Agent: tripline\r\nConnection: close\r\n\r\n");
  const NetworkCounts counts = settled(actions, 1);
  EXPECT_EQ(counts.done, 1u);
  EXPECT_EQ(counts.failed, 0u);
}

TEST(NetworkActions, DnsLookup) {
  const Server server(SOCK_DGRAM);
  NetworkOptions options;
  EXPECT_EQ(options.resolver.sin_addr.s_addr, inet_addr("1.1.1.1"));
  EXPECT_EQ(ntohs(options.resolver.sin_port), 53);
  options.resolver = server.address;
  NetworkActions actions(options);
  actions.add({Action::kDnsLookup, "name.test"});
  ASSERT_TRUE(server.readable(10s));
  std::array<char, 512> bytes{};
  sockaddr_in from{};
  socklen_t size = sizeof(from);
  const ssize_t got =
      recvfrom(server.socket.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
  ASSERT_GT(got, 2);
  const std::string question(bytes.data(), static_cast<size_t>(got));
  const auto id =
      static_cast<uint16_t>(static_cast<uint8_t>(question[0]) << 8 | static_cast<uint8_t>(question[1]));
  EXPECT_EQ(question, policy::dns_question("name.test", id));
  sendto(server.socket.get(), question.data(), question.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
  EXPECT_EQ(settled(actions, 1).done, 1u);
}

TEST(NetworkActions, FailuresAreCounted) {
  NetworkOptions options;
  options.timeout = 100ms;
  const Server silent(SOCK_DGRAM);
  options.resolver = silent.address;
  std::string closed;
  {
    const Server server(SOCK_STREAM);
    closed = server.url("/");
  }
  NetworkActions actions(options);
  actions.add({Action::kGetUrl, closed});
  actions.add({Action::kGetUrl, "no address"});
  actions.add({Action::kDnsLookup, "name.test"});
  const NetworkCounts counts = settled(actions, 3);
  EXPECT_EQ(counts.failed, 3u);
  EXPECT_EQ(counts.done, 0u);
}

TEST(NetworkActions, TooManyAreDropped) {
  NetworkOptions options;
  options.grace = 0ms;
  const Server silent(SOCK_DGRAM);
  options.resolver = silent.address;
  NetworkActions actions(options);
  constexpr size_t kMore = 10;
  // One can be under way already.
  for (size_t i = 0; i < NetworkActions::kWaiting + kMore; ++i)
    actions.add({Action::kDnsLookup, "name.test"});
  EXPECT_GE(actions.counts().dropped, kMore - 1);
  EXPECT_LE(actions.counts().dropped, kMore);
}

TEST(NetworkActions, TheEndDoesNotWaitForSilence) {
  NetworkOptions options;
  options.grace = 10ms;
  options.timeout = 60s;
  const Server silent(SOCK_DGRAM);
  options.resolver = silent.address;
  const auto begin = std::chrono::steady_clock::now();
  {
    NetworkActions actions(options);
    actions.add({Action::kDnsLookup, "name.test"});
    ASSERT_TRUE(silent.readable(10s));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 20s);
}

}  // namespace
}  // namespace tripline
