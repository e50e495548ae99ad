// SPDX-License-Identifier: Apache-2.0
#include "daemon/notify.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/fd.h"

namespace tripline {
namespace {

// What a service manager would have been told.
class Manager {
 public:
  explicit Manager(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::copy(path, address.sun_path);
    EXPECT_EQ(bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  }
  std::string told() {
    std::array<char, 256> bytes{};
    const ssize_t size = recv(socket_.get(), bytes.data(), bytes.size(), 0);
    return size < 0 ? "" : std::string(bytes.data(), static_cast<size_t>(size));
  }

 private:
  Fd socket_;
};

TEST(NotifierTest, TellsTheServiceManager) {
  const std::string path =
      std::filesystem::temp_directory_path() / ("tripline-notify-" + std::to_string(getpid()));
  Manager manager(path);
  setenv("NOTIFY_SOCKET", path.c_str(), 1);
  setenv("WATCHDOG_USEC", "4000000", 1);
  Notifier notifier;
  unsetenv("NOTIFY_SOCKET");
  unsetenv("WATCHDOG_USEC");
  EXPECT_EQ(notifier.interval(), std::chrono::milliseconds(2000));
  notifier.ready();
  EXPECT_EQ(manager.told(), "READY=1");
  const auto now = std::chrono::steady_clock::now();
  notifier.alive(now);
  EXPECT_EQ(manager.told(), "WATCHDOG=1");
  notifier.alive(now + std::chrono::milliseconds(500));
  EXPECT_EQ(manager.told(), "") << "no more often than is needed";
  notifier.alive(now + std::chrono::milliseconds(1500));
  EXPECT_EQ(manager.told(), "WATCHDOG=1");
  notifier.stopping();
  EXPECT_EQ(manager.told(), "STOPPING=1");
  std::filesystem::remove(path);
}

TEST(NotifierTest, WithoutAServiceManagerNothingIsDone) {
  Notifier notifier;
  EXPECT_FALSE(notifier.interval());
  notifier.ready();
  notifier.alive(std::chrono::steady_clock::now());
}

}  // namespace
}  // namespace tripline
