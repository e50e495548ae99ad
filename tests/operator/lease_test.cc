// SPDX-License-Identifier: Apache-2.0
#include "operator/lease.h"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>

#include "kube/fake_server.h"

namespace tripline::op {
namespace {

using kube::FakePeer;
using kube::FakeServer;
using std::chrono::milliseconds;

TEST(MicroTime, AsTheServerWritesIt) {
  EXPECT_EQ(
      micro_time(std::chrono::system_clock::time_point(std::chrono::microseconds(1'785'498'765'000'042))),
      "2026-07-31T11:52:45.000042Z");
}

// The one lease of a server, with its rule that a write must be of the last version.
class Store {
 public:
  void serve(FakePeer& peer) {
    for (std::string request; !(request = peer.request()).empty();) {
      const std::lock_guard lock(mutex);
      const std::string line = kube::line_of(request);
      const std::string body = request.substr(request.find("\r\n\r\n") + 4);
      if (line.starts_with("GET")) {
        lease.empty() ? peer.answer(404, "{}") : peer.answer(200, lease);
      } else if (fails) {
        peer.answer(500, "{}");
      } else {
        ++writes;
        lease = body;
        peer.answer(200, body);
      }
    }
  }
  std::string member(std::string_view name) {
    const std::lock_guard lock(mutex);
    return kube::read_json(lease).value_or(kube::Json{}).at("spec").at(name).text;
  }

  std::mutex mutex;
  std::string lease;
  bool fails = false;
  int writes = 0;
};

constexpr LeaseTimes kQuick{
    .lease = milliseconds(400), .renew_deadline = milliseconds(100), .retry = milliseconds(10)};

struct Elected {
  explicit Elected(Store& store, LeaseTimes times = kQuick)
      : server([&store](FakePeer& peer) { store.serve(peer); }),
        lease(kube::Client(server.access(), stop), "ns", "lock", "us", times) {}
  std::shared_ptr<const kube::Stop> stop = std::make_shared<const kube::Stop>();
  FakeServer server;
  Lease lease;
};

TEST(Lease, IsMadeHeldAndReleased) {
  Store store;
  Elected us(store);
  ASSERT_TRUE(us.lease.acquire());
  EXPECT_EQ(store.member("holderIdentity"), "us");
  EXPECT_EQ(store.member("leaseTransitions"), "0");
  std::thread ends([&] {
    std::this_thread::sleep_for(milliseconds(100));
    us.stop->set();
  });
  EXPECT_TRUE(us.lease.hold());
  ends.join();
  EXPECT_GT(store.writes, 2);
  us.lease.release();
  EXPECT_EQ(store.member("holderIdentity"), "");
  EXPECT_EQ(store.member("leaseDurationSeconds"), "1");
}

// By our clock from when we first saw it, whatever the other's clock says.
TEST(Lease, OfSomebodyDeadIsTakenWhenItsTimeIsUp) {
  Store store;
  store.lease =
      R"({"metadata":{"resourceVersion":"5"},"spec":{"holderIdentity":"other","leaseDurationSeconds":1,)"
      R"("renewTime":"2000-01-01T00:00:00.000000Z","leaseTransitions":3}})";
  Elected us(store);
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(us.lease.acquire());
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(990));
  EXPECT_EQ(store.member("leaseTransitions"), "4");
  EXPECT_TRUE(store.lease.contains(R"("resourceVersion":"5")"));
}

TEST(Lease, NobodysIsTakenAtOnce) {
  Store store;
  store.lease = R"({"metadata":{},"spec":{"holderIdentity":"","leaseDurationSeconds":1000,"renewTime":"x"}})";
  Elected us(store);
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(us.lease.acquire());
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(900));
}

TEST(Lease, IsLostWhenItCannotBeRenewed) {
  Store store;
  Elected us(store);
  ASSERT_TRUE(us.lease.acquire());
  {
    const std::lock_guard lock(store.mutex);
    store.fails = true;
  }
  EXPECT_FALSE(us.lease.hold());
  EXPECT_TRUE(us.lease.trouble().starts_with("500")) << us.lease.trouble();
}

TEST(Lease, OfALivingOneIsLeftAlone) {
  Store store;
  Elected us(store);
  std::atomic<bool> ends = false;
  std::thread other([&] {
    for (int at = 0; !ends; ++at) {
      {
        const std::lock_guard lock(store.mutex);
        store.lease =
            R"({"metadata":{},"spec":{"holderIdentity":"other","leaseDurationSeconds":3,"renewTime":")" +
            std::to_string(at) + R"("}})";
      }
      std::this_thread::sleep_for(milliseconds(100));
    }
  });
  std::thread waits([&] { EXPECT_FALSE(us.lease.acquire()); });
  std::this_thread::sleep_for(milliseconds(4000));  // longer than the lease
  us.stop->set();
  waits.join();
  ends = true;
  other.join();
  EXPECT_EQ(store.writes, 0);
  EXPECT_EQ(us.lease.holder(), "other");
}

}  // namespace
}  // namespace tripline::op
