// SPDX-License-Identifier: Apache-2.0
#include "metrics/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <mutex>
#include <thread>
#include <vector>

#include "base/fd.h"

namespace tripline {
namespace {

std::string scraped(int port, const std::string& path = "/metrics") {
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof(to)), 0);
  const std::string request = "GET " + path + " HTTP/1.1\r\nAccept: application/openmetrics-text\r\n\r\n";
  EXPECT_EQ(send(socket.get(), request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
  std::string out;
  char bytes[4096];
  for (ssize_t size = 0; (size = recv(socket.get(), bytes, sizeof(bytes), 0)) > 0;)
    out.append(bytes, static_cast<size_t>(size));
  return out;
}

Result<AgentState> two_policies() {
  AgentState out;
  out.policies = {{.name = "a"}, {.name = "b"}};
  return out;
}

TEST(MetricsServer, ShowsEventsAndState) {
  EventCounts counts({}, "");
  Event event;
  event.payload = ProcessThrottle{};
  counts.add(event);
  std::atomic<size_t> asked = 0;
  const auto server =
      MetricsServer::start("127.0.0.1:0", {.events = &counts,
                                           .build = {.version = "v1"},
                                           .state = [&asked] { return ++asked, two_policies(); },
                                           .post = [](const std::function<void()>& command) { command(); }});
  ASSERT_TRUE(server) << server.error().text();
  const auto begin = std::chrono::steady_clock::now();
  const std::string text = scraped((*server)->port());
  EXPECT_TRUE(
      text.contains("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8; escaping=underscores\r\n"));
  EXPECT_TRUE(text.contains("\ntetragon_tracingpolicy_loaded{state=\"enabled\"} 2\n"));
  EXPECT_TRUE(text.contains("type=\"PROCESS_THROTTLE\",workload=\"\"} 1\n"));
  EXPECT_TRUE(text.contains("version=\"v1\"} 1\n"));
  EXPECT_TRUE(text.contains("\npromhttp_metric_handler_errors_total{cause=\"gathering\"} 0\n"));
  (void)scraped((*server)->port());
  const bool is_soon = std::chrono::steady_clock::now() - begin < MetricsServer::kFresh;
  EXPECT_TRUE(!is_soon || asked == 1U) << "a state is good for a while";
  EXPECT_TRUE(scraped((*server)->port(), "/").starts_with("HTTP/1.1 404 "));
}

TEST(MetricsServer, ALoopThatDoesNotAnswerIsDoneWithout) {
  std::mutex mutex;
  std::vector<std::function<void()>> posted;
  const auto server =
      MetricsServer::start("127.0.0.1:0", {.state = two_policies, .post = [&](std::function<void()> command) {
                                             const std::lock_guard lock(mutex);
                                             posted.push_back(std::move(command));
                                           }});
  ASSERT_TRUE(server) << server.error().text();
  const std::string text = scraped((*server)->port());
  EXPECT_TRUE(text.contains("\ntetragon_tracingpolicy_loaded{state=\"enabled\"} 0\n"));
  EXPECT_TRUE(text.contains("\npromhttp_metric_handler_errors_total{cause=\"gathering\"} 1\n"));
  for (const auto& command : posted) command();  // late, and for nobody
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// As much as hostile processes can bring about: the longest paths at the most hooks.
void fill(EventCounts& counts) {
  auto process = std::make_shared<Process>();
  for (size_t n = 0; n < 2 * SeriesRoom::kBinaries; ++n) {
    const bool is_long = n < 100;
    process->binary = SharedText(std::string(is_long ? 4000 : 20, 'x') + std::to_string(n));
    Event event;
    event.process.process = std::make_shared<const Process>(*process);
    event.payload = ProcessExec{};
    counts.add(event);
    for (size_t hook = 0; hook < (is_long ? 100 : 10); ++hook) {
      event.payload = ProcessTracepoint{.subsys = "raw_syscalls",
                                        .event = "sys_enter",
                                        .args = {{LongArg{static_cast<int64_t>(hook)}, ""}},
                                        .policy = "p" + std::to_string(hook)};
      counts.add(event);
    }
  }
}

TEST(MetricsServer, TheLargestPageIsBoundedAndHoldsUpNobody) {
  EventCounts counts({}, "");
  fill(counts);
  std::mutex mutex;
  std::vector<std::function<void()>> posted;
  std::atomic<bool> ends = false;
  double busy = 0;  // of the loop
  std::thread loop([&] {
    while (!ends) {
      std::vector<std::function<void()>> commands;
      {
        const std::lock_guard lock(mutex);
        std::swap(commands, posted);
      }
      const double before = cpu_seconds();
      for (const auto& command : commands) command();
      busy += cpu_seconds() - before;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  const auto server = MetricsServer::start(
      "127.0.0.1:0", {.events = &counts, .state = two_policies, .post = [&](std::function<void()> command) {
                        const std::lock_guard lock(mutex);
                        posted.push_back(std::move(command));
                      }});
  ASSERT_TRUE(server) << server.error().text();
  const auto begin = std::chrono::steady_clock::now();
  const std::string page = scraped((*server)->port());
  const auto took = std::chrono::steady_clock::now() - begin;
  ends = true;
  loop.join();
  EXPECT_TRUE(page.contains("tetragon_tracingpolicy_loaded{state=\"enabled\"} 2\n"));
  EXPECT_GT(page.size(), size_t{4} << 20);
  EXPECT_LT(page.size(), size_t{32} << 20);
  EXPECT_LT(busy, 0.05) << "the page is made elsewhere";
  std::printf("%zu bytes in %lld ms\n", page.size(),
              static_cast<long long>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
}

TEST(MetricsServer, StopsWhileItWaitsForTheLoop) {
  std::atomic<bool> asked = false;
  auto server = MetricsServer::start(
      "127.0.0.1:0", {.state = two_policies, .post = [&](const std::function<void()>&) { asked = true; }});
  ASSERT_TRUE(server) << server.error().text();
  std::thread reader([port = (*server)->port()] { (void)scraped(port); });
  while (!asked) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const auto begin = std::chrono::steady_clock::now();
  server->reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, MetricsServer::kPatience / 2);
  reader.join();
}

}  // namespace
}  // namespace tripline
