// SPDX-License-Identifier: Apache-2.0
#include "metrics/own_process.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace tripline {
namespace {

double value(const Page& page, Metric metric) { return page.numbers(metric).at({}); }

TEST(OwnProcess, ReadsProc) {
  const std::filesystem::path proc =
      std::filesystem::temp_directory_path() / ("tripline-proc-" + std::to_string(getpid()));
  std::filesystem::create_directories(proc / "self/net");
  std::filesystem::create_directories(proc / "self/fd");
  for (const char* fd : {"0", "1", "7"}) std::ofstream(proc / "self/fd" / fd).put('x');
  std::ofstream(proc / "stat") << "cpu 1 2\nbtime 1000\n";
  std::ofstream(proc / "self/stat")
      << "12 (a ) b) S 1 2 3 4 5 6 7 8 9 10 200 300 13 14 15 16 17 18 4000 5000000 3\n";
  std::ofstream(proc / "self/net/netstat")
      << "TcpExt: A\nTcpExt: 1\nIpExt: X InOctets OutOctets\nIpExt: 1 22 33\n";
  Page page;
  show_own_process(page, proc);
  std::filesystem::remove_all(proc);
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  EXPECT_EQ(value(page, Metric::cpu_seconds_total), 500 / ticks);
  EXPECT_EQ(value(page, Metric::start_time_seconds), 1000 + 4000 / ticks);
  EXPECT_EQ(value(page, Metric::virtual_memory_bytes), 5'000'000);
  EXPECT_EQ(value(page, Metric::resident_memory_bytes), 3.0 * static_cast<double>(sysconf(_SC_PAGESIZE)));
  EXPECT_EQ(value(page, Metric::open_fds), 3);
  EXPECT_GT(value(page, Metric::max_fds), 0);
  EXPECT_EQ(value(page, Metric::network_receive_bytes_total), 22);
  EXPECT_EQ(value(page, Metric::network_transmit_bytes_total), 33);
}

TEST(OwnProcess, OfThisProcess) {
  Page page;
  show_own_process(page);
  EXPECT_GT(value(page, Metric::resident_memory_bytes), 1e5);
  EXPECT_GT(value(page, Metric::start_time_seconds), 1e9);
  EXPECT_GE(value(page, Metric::open_fds), 3);
}

TEST(OwnProcess, WhatIsNotThereIsZero) {
  Page page;
  show_own_process(page, "/nowhere");
  EXPECT_EQ(value(page, Metric::resident_memory_bytes), 0);
}

}  // namespace
}  // namespace tripline
