// SPDX-License-Identifier: Apache-2.0
#include "metrics/event_counts.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <memory>
#include <numeric>
#include <thread>

namespace tripline {
namespace {

Event event_of(const std::string& binary, Payload payload, const std::string& flags = "execve clone") {
  auto process = std::make_shared<Process>();
  process->binary = SharedText(binary);
  process->flags = flags;
  Event event;
  event.process.process = process;
  event.payload = std::move(payload);
  return event;
}

ProcessKprobe kprobe(const std::string& policy, const std::string& function) {
  return {.function = function, .policy = policy};
}

ProcessTracepoint raw_syscall(ArgumentValue id) {
  return {.subsys = "raw_syscalls", .event = "sys_enter", .args = {{std::move(id), ""}}, .policy = "p"};
}

Page shown(const EventCounts& counts) {
  Page page;
  counts.show(page);
  return page;
}

double sum(const Page::Numbers& series) {
  return std::accumulate(series.begin(), series.end(), 0.0,
                         [](double before, const auto& one) { return before + one.second; });
}

TEST(EventCounts, CountsByTypePolicyAndBinary) {
  EventCounts counts({.binary = true, .node_name = true}, "n1");
  counts.add(event_of("/bin/a", ProcessExec{}));
  counts.add(event_of("/bin/a", ProcessExec{}));
  counts.add(event_of("/bin/a", ProcessExit{}));
  counts.add(event_of("/bin/b", kprobe("p", "fd_install")));
  counts.add(event_of("/bin/b", ProcessTracepoint{.subsys = "s", .event = "e", .policy = "q"}));
  counts.add(event_of("/bin/b", ProcessLsm{.function = "file_open", .policy = "q"}));
  const Page page = shown(counts);
  const Page::Numbers events = {{{"/bin/a", "", "n1", "", "PROCESS_EXEC", ""}, 2},
                                {{"/bin/a", "", "n1", "", "PROCESS_EXIT", ""}, 1},
                                {{"/bin/b", "", "n1", "", "PROCESS_KPROBE", ""}, 1},
                                {{"/bin/b", "", "n1", "", "PROCESS_LSM", ""}, 1},
                                {{"/bin/b", "", "n1", "", "PROCESS_TRACEPOINT", ""}, 1}};
  EXPECT_EQ(page.numbers(Metric::events_total), events);
  const Page::Numbers policies = {{{"/bin/b", "kprobe:fd_install", "", "n1", "", "p", ""}, 1},
                                  {{"/bin/b", "lsm:file_open", "", "n1", "", "q", ""}, 1},
                                  {{"/bin/b", "tracepoint:s/e", "", "n1", "", "q", ""}, 1}};
  EXPECT_EQ(page.numbers(Metric::policy_events_total), policies);
  EXPECT_EQ(page.numbers(Metric::flags_total).at({"execve"}), 2);
  EXPECT_EQ(page.numbers(Metric::flags_total).at({"clone"}), 2);
  EXPECT_EQ(page.numbers(Metric::metrics_other_total).at({}), 0);
}

TEST(EventCounts, LabelsThatAreNotKeptAreEmpty) {
  EventCounts counts({.binary = false, .node_name = false}, "n1");
  for (const char* binary : {"/bin/a", "/bin/b"}) counts.add(event_of(binary, kprobe("p", "f")));
  const Page page = shown(counts);
  EXPECT_EQ(page.numbers(Metric::events_total), (Page::Numbers{{{"", "", "", "", "PROCESS_KPROBE", ""}, 2}}));
  EXPECT_EQ(page.numbers(Metric::policy_events_total),
            (Page::Numbers{{{"", "kprobe:f", "", "", "", "p", ""}, 2}}));
  EXPECT_EQ(page.numbers(Metric::metrics_other_total).at({}), 0);
}

TEST(EventCounts, NamesSystemCalls) {
  EventCounts counts({}, "");
  counts.add(event_of("/bin/a", raw_syscall(LongArg{95})));
  counts.add(event_of("/bin/a", raw_syscall(SyscallIdArg{95, "x64"})));
  counts.add(event_of("/bin/a", raw_syscall(SyscallIdArg{60, "i386"})));
  counts.add(event_of("/bin/a", raw_syscall(StringArg{"?"})));
  const Page::Numbers expected = {{{"/bin/a", "", "", "", "i386/umask", ""}, 1},
                                  {{"/bin/a", "", "", "", "umask", ""}, 2},
                                  {{"/bin/a", "", "", "", "unknown", ""}, 1}};
  EXPECT_EQ(shown(counts).numbers(Metric::syscalls_total), expected);
}

TEST(EventCounts, CountsReturnsAndProcessesThatNobodyKnows) {
  EventCounts counts({}, "");
  ProcessKprobe joined = kprobe("p", "f");
  joined.returned = Argument{IntArg{0}, ""};
  counts.add(event_of("/bin/a", joined));
  counts.add(event_of("", kprobe("p", "f"), "unknown"));
  const Page page = shown(counts);
  EXPECT_EQ(page.numbers(Metric::generic_kprobe_merge_total),
            (Page::Numbers{{{"f", "exit", "f", "enter", "ok"}, 1}}));
  EXPECT_EQ(page.numbers(Metric::events_missing_process_info_total).at({}), 1);
}

TEST(EventCounts, AThrottleHasNoProcess) {
  EventCounts counts({}, "");
  Event event;
  event.payload = ProcessThrottle{};
  counts.add(event);
  EXPECT_EQ(shown(counts).numbers(Metric::events_total),
            (Page::Numbers{{{"", "", "", "", "PROCESS_THROTTLE", ""}, 1}}));
}

// A million binaries, each of which runs, makes a system call that is watched, and is let go.
TEST(EventCounts, AMillionBinariesTakeNoMore) {
  constexpr size_t kMillion = 1'000'000;
  EventCounts counts({}, "");
  const auto run = [&](size_t from, size_t to) {
    for (size_t n = from; n < to; ++n) {
      Event event = event_of("/tmp/x/" + std::to_string(n), ProcessExec{});
      counts.add(event);
      event.payload = kprobe("p", "f");
      counts.add(event);
      event.payload = raw_syscall(LongArg{static_cast<int64_t>(n % 300)});
      counts.add(event);
    }
  };
  const size_t at_first = mallinfo2().uordblks;
  run(0, 20'000);
  const size_t at_limit = mallinfo2().uordblks;
  run(20'000, kMillion);
  EXPECT_LT(mallinfo2().uordblks, at_limit + (64 << 10)) << "it grows";
  EXPECT_LT(at_limit - at_first, size_t{16} << 20);

  const Page page = shown(counts);
  EXPECT_LE(page.numbers(Metric::events_total).size(), 6 * SeriesRoom::kBinaries);
  EXPECT_LE(page.numbers(Metric::policy_events_total).size(), SeriesRoom::kSeries + SeriesRoom::kOtherSeries);
  EXPECT_LE(page.numbers(Metric::syscalls_total).size(), SeriesRoom::kSeries + SeriesRoom::kOtherSeries);
  EXPECT_EQ(sum(page.numbers(Metric::events_total)), 3.0 * kMillion) << "every event counts";
  EXPECT_EQ(sum(page.numbers(Metric::policy_events_total)), 2.0 * kMillion);
  EXPECT_EQ(sum(page.numbers(Metric::syscalls_total)), 1.0 * kMillion);
  const auto known = static_cast<double>(SeriesRoom::kBinaries - 2);
  EXPECT_EQ(page.numbers(Metric::events_total).at({"_other", "", "", "", "PROCESS_EXEC", ""}),
            kMillion - known);
  EXPECT_GT(page.numbers(Metric::policy_events_total).at({"_other", "kprobe:f", "", "", "", "p", ""}), 0);
  EXPECT_GE(page.numbers(Metric::metrics_other_total).at({}), 3 * (kMillion - known));
}

TEST(EventCounts, LongPathsTakeNoMore) {
  EventCounts counts({}, "");
  const std::string longest(4000, 'x');
  const size_t before = mallinfo2().uordblks;
  for (size_t n = 0; n < 10'000; ++n) counts.add(event_of(longest + std::to_string(n), ProcessExec{}));
  EXPECT_LT(mallinfo2().uordblks - before, size_t{1} << 20);
}

TEST(EventCounts, PoliciesByTheThousandEndAsOther) {
  EventCounts counts({}, "");
  constexpr size_t kMany = 2 * SeriesRoom::kSeries;
  for (size_t n = 0; n < kMany; ++n) counts.add(event_of("/bin/a", kprobe("p" + std::to_string(n), "f")));
  const Page page = shown(counts);
  EXPECT_EQ(page.numbers(Metric::policy_events_total).size(), SeriesRoom::kSeries + SeriesRoom::kOtherSeries);
  EXPECT_EQ(sum(page.numbers(Metric::policy_events_total)), 1.0 * kMany);
  EXPECT_GT(page.numbers(Metric::policy_events_total).at({"_other", "_other", "", "", "", "_other", ""}), 0);
}

TEST(EventCounts, CanBeLookedAtMeanwhile) {
  EventCounts counts({}, "");
  constexpr size_t kEvents = 50'000;
  std::atomic<bool> ends = false;
  std::thread reader([&] {
    double before = 0;
    while (!ends) {
      const double now = sum(shown(counts).numbers(Metric::events_total));
      EXPECT_GE(now, before);
      before = now;
    }
  });
  for (size_t n = 0; n < kEvents; ++n)
    counts.add(event_of("/b/" + std::to_string(n % 3000), kprobe("p", "f")));
  ends = true;
  reader.join();
  EXPECT_EQ(sum(shown(counts).numbers(Metric::events_total)), 1.0 * kEvents);
}

Event in_pod(const std::string& pod, const std::string& binary = "/bin/a", std::string workload = "web") {
  Event event = event_of(binary, ProcessExec{});
  PodView view;
  view.name_space = "shop";
  view.name = pod;
  view.workload = std::move(workload);
  auto process = std::make_shared<Process>(*event.process.process);
  process->pod = ProcessPod{.of = std::make_shared<const PodView>(view)};
  event.process.process = process;
  return event;
}

TEST(EventCounts, EventsOfPodsHaveTheirLabels) {
  EventCounts counts({}, "");
  counts.add(event_of("/bin/a", ProcessExec{}));
  for (int n = 0; n < 2; ++n) counts.add(in_pod("web-1"));
  counts.add(in_pod("web-2"));
  Event event = in_pod("web-2");
  event.payload = kprobe("p", "f");
  counts.add(event);
  event.payload = raw_syscall(LongArg{95});
  counts.add(event);
  const Page page = shown(counts);
  EXPECT_EQ(page.numbers(Metric::events_total),
            (Page::Numbers{{{"/bin/a", "", "", "", "PROCESS_EXEC", ""}, 1},
                           {{"/bin/a", "shop", "", "web-1", "PROCESS_EXEC", "web"}, 2},
                           {{"/bin/a", "shop", "", "web-2", "PROCESS_EXEC", "web"}, 1},
                           {{"/bin/a", "shop", "", "web-2", "PROCESS_KPROBE", "web"}, 1},
                           {{"/bin/a", "shop", "", "web-2", "PROCESS_TRACEPOINT", "web"}, 1}}));
  EXPECT_EQ(
      page.numbers(Metric::policy_events_total).at({"/bin/a", "kprobe:f", "shop", "", "web-2", "p", "web"}),
      1);
  EXPECT_EQ(page.numbers(Metric::syscalls_total).at({"/bin/a", "shop", "", "web-2", "umask", "web"}), 1);
}

TEST(EventCounts, LabelsOfPodsThatAreNotKept) {
  EventCounts counts({.workload = false, .pod = false}, "");
  counts.add(in_pod("web-1"));
  counts.add(in_pod("web-2"));
  const auto now = EventCounts::Clock::now();
  counts.pod_has_gone("shop", "web-1", now);
  counts.forget_gone(now + EventCounts::kLinger);
  EXPECT_EQ(shown(counts).numbers(Metric::events_total),
            (Page::Numbers{{{"/bin/a", "shop", "", "", "PROCESS_EXEC", ""}, 2}}));
  EventCounts none({.name_space = false, .workload = false, .pod = false}, "");
  none.add(in_pod("web-1"));
  none.add(event_of("/bin/a", ProcessExec{}));
  EXPECT_EQ(shown(none).numbers(Metric::events_total),
            (Page::Numbers{{{"/bin/a", "", "", "", "PROCESS_EXEC", ""}, 2}}));
}

TEST(EventCounts, APodThatHasGoneIsForgottenAMinuteLater) {
  EventCounts counts({}, "");
  const auto now = EventCounts::Clock::now();
  for (const char* pod : {"web-1", "web-2"}) counts.add(in_pod(pod));
  counts.pod_has_gone("shop", "web-1", now);
  counts.pod_has_gone("shop", "web-2", now);
  counts.pod_is_there("shop", "web-2");  // of the same name
  counts.forget_gone(now + EventCounts::kLinger - std::chrono::seconds(1));
  EXPECT_EQ(shown(counts).numbers(Metric::events_total).size(), 2u);
  counts.forget_gone(now + EventCounts::kLinger);
  EXPECT_EQ(shown(counts).numbers(Metric::events_total),
            (Page::Numbers{{{"/bin/a", "shop", "", "web-2", "PROCESS_EXEC", "web"}, 1}}));
  counts.add(in_pod("web-1"));
  EXPECT_EQ(shown(counts).numbers(Metric::events_total).size(), 2u) << "it begins anew";
  EXPECT_EQ(sum(shown(counts).numbers(Metric::flags_total)), 6) << "what is of no pod stays";
}

// Each pod has a binary of its own. What goes makes room.
TEST(EventCounts, ThereIsRoomForNewPodsWhenOthersGo) {
  EventCounts counts({}, "");
  auto now = EventCounts::Clock::now();
  for (size_t n = 0; n < 3 * SeriesRoom::kBinaries; ++n) {
    const std::string pod = "web-" + std::to_string(n);
    counts.add(in_pod(pod, "/bin/" + pod));
    counts.pod_has_gone("shop", pod, now);
    now += EventCounts::kLinger;
    counts.forget_gone(now);
  }
  EXPECT_EQ(shown(counts).numbers(Metric::metrics_other_total).at({}), 0);
  EXPECT_TRUE(shown(counts).numbers(Metric::events_total).empty());
}

TEST(EventCounts, TooManyPods) {
  EventCounts counts({}, "");
  for (size_t n = 0; n < 2 * EventCounts::kPods; ++n) counts.add(in_pod("web-" + std::to_string(n)));
  const Page page = shown(counts);
  EXPECT_EQ(page.numbers(Metric::events_total).size(), EventCounts::kPods);
  const double others =
      page.numbers(Metric::events_total).at({"/bin/a", "_other", "", "_other", "PROCESS_EXEC", "_other"});
  EXPECT_EQ(others, EventCounts::kPods + 1);
  EXPECT_EQ(page.numbers(Metric::metrics_other_total).at({}), others);
}

}  // namespace
}  // namespace tripline
