// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>

#include "kernel/kernel.h"

namespace tripline {
namespace {

bool names(const std::vector<std::string>& unreadable, std::string_view fact) {
  return std::ranges::any_of(unreadable, [fact](const std::string& line) {
    return line.starts_with(fact) && line.size() > fact.size() + 2;
  });
}

// What is absent is named, and what is there is in order: on whatever machine, with whatever privileges.
TEST(Probe, ThisMachine) {
  const Result<ProbeReport> report = probe_kernel();
  ASSERT_TRUE(report) << report.error().text();
  const Kernel& kernel = report->kernel;
  utsname host{};
  ASSERT_EQ(uname(&host), 0);
  EXPECT_EQ(kernel.release, host.release);
  EXPECT_EQ(kernel.machine, host.machine);
  EXPECT_EQ(kernel.version, release_version(host.release));
  EXPECT_NE(kernel.btf.has_value(), names(report->unreadable, "/sys/kernel/btf/vmlinux"));
  EXPECT_NE(!kernel.lsms.empty(), names(report->unreadable, "/sys/kernel/security/lsm"));
  EXPECT_NE(!kernel.config.empty(), names(report->unreadable, "configuration"));
  EXPECT_NE(!kernel.tracepoints.empty(), names(report->unreadable, "available_events"));
  EXPECT_NE(kernel.functions_known, names(report->unreadable, "available_filter_functions"));
  EXPECT_EQ(kernel.functions_known, !kernel.functions.empty());
  for (const auto* list : {&kernel.functions, &kernel.module_functions, &kernel.error_injection,
                           &kernel.tracepoints, &kernel.config}) {
    EXPECT_TRUE(std::ranges::is_sorted(*list));
  }
  for (const TracepointFormat& format : kernel.formats) EXPECT_FALSE(format.fields.empty()) << format.name;
  EXPECT_TRUE(std::ranges::is_sorted(kernel.formats, {}, &TracepointFormat::name));
}

TEST(Probe, ScopeLeavesOut) {
  const Result<ProbeReport> report = probe_kernel({.features = false,
                                                   .functions = false,
                                                   .formats = false,
                                                   .formats_of = {"sched/sched_switch", "no/such"}});
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->kernel.functions_known);
  EXPECT_FALSE(names(report->unreadable, "available_filter_functions"));
  EXPECT_EQ(report->kernel.features, Features{});
  EXPECT_LE(report->kernel.formats.size(), 1u);
  EXPECT_EQ(report->kernel.tracepoints.empty(), report->kernel.format("sched/sched_switch") == nullptr);
}

}  // namespace
}  // namespace tripline
