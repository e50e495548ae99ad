// SPDX-License-Identifier: Apache-2.0
#include "kube/client.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "kube/fake_server.h"

namespace tripline::kube {
namespace {

using namespace std::chrono_literals;
using Kind = Failure::Kind;

Client client_of(const FakeServer& server, Times times = {}) {
  return Client(server.access(), std::make_shared<Stop>(), times);
}

TEST(KubeClient, SendsWhatItIsGivenAndKeepsTheConnection) {
  std::vector<std::string> seen;
  FakeServer server([&](FakePeer& peer) {
    for (std::string text = peer.request(); !text.empty(); text = peer.request()) {
      seen.push_back(line_of(text) + " " + header_of(text, "Content-Type") +
                     text.substr(text.find("\r\n\r\n") + 4));
      peer.answer(200, "{\"n\":" + std::to_string(seen.size()) + "}");
    }
  });
  Client client = client_of(server);
  EXPECT_EQ(client.get("/a").value(), "{\"n\":1}");
  EXPECT_EQ(client.post("/b", "{1}").value(), "{\"n\":2}");
  EXPECT_EQ(client.put("/c", "{2}").value(), "{\"n\":3}");
  EXPECT_EQ(client.patch("/d", Patch::kMerge, "{3}").value(), "{\"n\":4}");
  EXPECT_EQ(client.patch("/d", Patch::kStrategic, "{4}").value(), "{\"n\":5}");
  EXPECT_EQ(client.remove("/e").value(), "{\"n\":6}");
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(seen,
            (std::vector<std::string>{"GET /a ", "POST /b application/json{1}", "PUT /c application/json{2}",
                                      "PATCH /d application/merge-patch+json{3}",
                                      "PATCH /d application/strategic-merge-patch+json{4}", "DELETE /e "}));
}

TEST(KubeClient, TellsRefusals) {
  FakeServer server([](FakePeer& peer) {
    peer.request();
    peer.answer(429, R"({"kind":"Status","reason":"TooManyRequests","message":"later","code":429})",
                "Retry-After: 2\r\n");
    peer.request();
    peer.answer(404, "404 page not found\n");
    peer.request();
    peer.answer(500, "");
  });
  Client client = client_of(server);
  const auto first = client.get("/");
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().text(), "429 TooManyRequests: later");
  EXPECT_EQ(first.error().retry_after, 2s);
  EXPECT_TRUE(client.get("/").error().is(404));
  EXPECT_TRUE(client.get("/").error().is(500));
  EXPECT_EQ(server.connections(), 1);
}

// The server closes a connection that was kept: what changes nothing is sent again, on another.
TEST(KubeClient, GoesOnWhenAKeptConnectionIsClosed) {
  FakeServer server([](FakePeer& peer) {
    peer.request();
    peer.answer(200, "{}");
  });
  Client client = client_of(server);
  for (int n = 1; n <= 3; ++n) {
    ASSERT_TRUE(client.get("/")) << n;
    EXPECT_EQ(server.connections(), n);
  }
}

TEST(KubeClient, AnswersThatAreCutOrLateOrTooLarge) {
  FakeServer server([](FakePeer& peer) {
    const std::string line = line_of(peer.request());
    if (line == "GET /cut") peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123");
    if (line == "GET /noise") peer.send("hello\r\n\r\n");
    if (line == "GET /silence") peer.wait_for_end();
    if (line == "GET /drip") {
      peer.begin_stream();
      for (int n = 0; n < 100; ++n) {
        peer.chunk(" ");
        std::this_thread::sleep_for(10ms);
      }
    }
    if (line == "GET /large") {
      peer.begin_stream();
      for (int n = 0; n < 17; ++n) peer.chunk(std::string(1 << 20, ' '));
    }
  });
  Client client = client_of(server, {.answer = 200ms});
  EXPECT_EQ(client.get("/cut").error().kind, Kind::kUnreachable);
  EXPECT_EQ(client.get("/noise").error().kind, Kind::kMalformed);
  EXPECT_EQ(client.get("/silence").error().kind, Kind::kLate);
  EXPECT_EQ(client.get("/drip").error().kind, Kind::kLate);
  Client patient = client_of(server);
  EXPECT_EQ(patient.get("/large").error().text(), "the answer is larger than 16 MiB");
}

TEST(KubeClient, NobodyListens) {
  Access access;
  {
    FakeServer server([](FakePeer&) {});
    access = server.access();
  }
  const auto got = Client(access).get("/");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, Kind::kUnreachable);
  EXPECT_EQ(got.error().text(),
            "connect to 127.0.0.1:" + std::to_string(access.port) + ": Connection refused");
}

TEST(KubeClient, EndsWhenToldTo) {
  FakeServer server([](FakePeer& peer) {
    peer.request();
    peer.begin_stream();
    peer.wait_for_end();
  });
  const auto stop = std::make_shared<Stop>();
  Client client(server.access(), stop);
  std::thread other([&] {
    std::this_thread::sleep_for(50ms);
    stop->set();
  });
  const auto begun = Clock::now();
  EXPECT_EQ(client.get("/").error().kind, Kind::kStopped);
  EXPECT_LT(Clock::now() - begun, 5s);
  other.join();
  EXPECT_EQ(client.get("/").error().kind, Kind::kStopped);
}

TEST(KubeClient, ReadsATokenAgain) {
  std::string form = testing::TempDir() + "tokenXXXXXX";
  const std::string folder = mkdtemp(form.data());
  const auto write = [&](const std::string& text) { std::ofstream(folder + "/token") << text; };
  std::vector<std::string> seen;
  FakeServer server([&](FakePeer& peer) {
    for (std::string text = peer.request(); !text.empty(); text = peer.request()) {
      seen.push_back(header_of(text, "Authorization"));
      peer.answer(seen.back() == "Bearer old" ? 401 : 200, "{}");
    }
  });
  Access access = server.access();
  access.token.file = folder + "/token";
  Client client(access);
  write("old\n");
  EXPECT_TRUE(client.get("/").error().is(401));
  EXPECT_EQ(seen.size(), 2U);  // once more, with what was in the file then
  write("new\n");
  EXPECT_TRUE(client.get("/"));
  EXPECT_EQ(seen.back(), "Bearer new");
  write("newer\n");
  EXPECT_TRUE(client.get("/"));
  EXPECT_EQ(seen.back(), "Bearer new");  // not a minute old
  Client impatient(access, std::make_shared<Stop>(), {.token = 0ms});
  EXPECT_TRUE(impatient.get("/"));
  std::filesystem::remove(folder + "/token");
  EXPECT_TRUE(impatient.get("/"));
  EXPECT_EQ(seen.back(), "Bearer newer");
  write("");
  EXPECT_EQ(impatient.get("/").error().text(), "there is no token in " + folder + "/token");
  std::filesystem::remove_all(folder);
}

TEST(KubeClient, NameAndPassword) {
  std::string seen;
  FakeServer server([&](FakePeer& peer) {
    seen = header_of(peer.request(), "Authorization");
    peer.answer(200, "");
  });
  Access access = server.access();
  access.user = "user";
  access.password = "pass";
  EXPECT_TRUE(Client(access).get("/"));
  EXPECT_EQ(seen, "Basic dXNlcjpwYXNz");
}

TEST(KubeClient, StreamsUntilItIsEnough) {
  FakeServer server([](FakePeer& peer) {
    peer.request();
    peer.begin_stream();
    for (const char* piece : {"a", "b", "c"}) peer.chunk(piece);
    peer.wait_for_end();
  });
  Client client = client_of(server);
  std::string got;
  EXPECT_TRUE(client.stream("/", 10s, 10s, [&](std::string_view piece) {
    got += piece;
    return got.size() < 2;
  }));
  EXPECT_GE(got.size(), 2U);
  const auto silent = client.stream("/", 10s, 100ms, [](std::string_view) { return true; });
  EXPECT_EQ(silent.error().kind, Kind::kLate);
}

}  // namespace
}  // namespace tripline::kube
