// SPDX-License-Identifier: Apache-2.0
#include "metrics/event_counts.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <array>
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

Event in_pod(const std::string& pod, const std::string& binary = "/bin/a", std::string workload = "web",
             std::string name_space = "shop") {
  Event event = event_of(binary, ProcessExec{});
  PodView view;
  view.name_space = std::move(name_space);
  view.name = pod;
  view.workload = std::move(workload);
  auto process = std::make_shared<Process>(*event.process.process);
  process->pod = ProcessPod{.of = std::make_shared<const PodView>(view)};
  event.process.process = process;
  return event;
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
  counts.add(event_of("/bin/b", ProcessUprobe{.path = "/bin/bash", .symbol = "readline", .policy = "u"}));
  counts.add(event_of("/bin/b", ProcessUsdt{.provider = "libc", .name = "setjmp", .policy = "u"}));
  const Page page = shown(counts);
  const Page::Numbers events = {{{"/bin/a", "", "n1", "", "PROCESS_EXEC", ""}, 2},
                                {{"/bin/a", "", "n1", "", "PROCESS_EXIT", ""}, 1},
                                {{"/bin/b", "", "n1", "", "PROCESS_KPROBE", ""}, 1},
                                {{"/bin/b", "", "n1", "", "PROCESS_LSM", ""}, 1},
                                {{"/bin/b", "", "n1", "", "PROCESS_TRACEPOINT", ""}, 1},
                                {{"/bin/b", "", "n1", "", "PROCESS_UPROBE", ""}, 1},
                                {{"/bin/b", "", "n1", "", "PROCESS_USDT", ""}, 1}};
  EXPECT_EQ(page.numbers(Metric::events_total), events);
  const Page::Numbers policies = {{{"/bin/b", "kprobe:fd_install", "", "n1", "", "p", ""}, 1},
                                  {{"/bin/b", "lsm:file_open", "", "n1", "", "q", ""}, 1},
                                  {{"/bin/b", "tracepoint:s/e", "", "n1", "", "q", ""}, 1},
                                  {{"/bin/b", "uprobe:/bin/bash/readline", "", "n1", "", "u", ""}, 1},
                                  {{"/bin/b", "usdt:libc/setjmp", "", "n1", "", "u", ""}, 1}};
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
  event.payload = ProcessThrottle{.type = ProcessThrottle::Type::kStart};
  counts.add(event);
  counts.add(event);
  event.payload = ProcessThrottle{.type = ProcessThrottle::Type::kStop};
  counts.add(event);
  const Page page = shown(counts);
  EXPECT_EQ(page.numbers(Metric::events_total),
            (Page::Numbers{{{"", "", "", "", "PROCESS_THROTTLE", ""}, 3}}));
  EXPECT_EQ(page.numbers(Metric::cgroup_rate_total).at({"throttle_start"}), 2);
  EXPECT_EQ(page.numbers(Metric::cgroup_rate_total).at({"throttle_stop"}), 1);
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
  EXPECT_LE(page.numbers(Metric::policy_events_total).size(), TableRoom::kSeries + TableRoom::kOtherSeries);
  EXPECT_LE(page.numbers(Metric::syscalls_total).size(), TableRoom::kSeries + TableRoom::kOtherSeries);
  EXPECT_EQ(sum(page.numbers(Metric::events_total)), 3.0 * kMillion) << "every event counts";
  EXPECT_EQ(sum(page.numbers(Metric::policy_events_total)), 2.0 * kMillion);
  EXPECT_EQ(sum(page.numbers(Metric::syscalls_total)), 1.0 * kMillion);
  const auto known = static_cast<double>(SeriesRoom::kBinaries - 2);
  EXPECT_EQ(page.numbers(Metric::events_total).at({"_other", "", "", "", "PROCESS_EXEC", ""}),
            kMillion - known);
  EXPECT_GT(page.numbers(Metric::policy_events_total).at({"_other", "kprobe:f", "", "", "", "p", ""}), 0);
  EXPECT_GE(page.numbers(Metric::metrics_other_total).at({}), 3 * (kMillion - known));
}

// A million different values of each label, one after the other: what others may choose bounds neither memory nor the page.
TEST(EventCounts, AMillionValuesOfAnyLabelTakeNoMore) {
  constexpr size_t kMillion = 1'000'000;
  using Made = Event (*)(const std::string& value);
  const std::pair<const char*, Made> makers[] = {
      {"policy", [](const std::string& value) { return event_of("/a", kprobe(value, "f")); }},
      {"function", [](const std::string& value) { return event_of("/a", kprobe("p", value)); }},
      {"tracepoint",
       [](const std::string& value) {
         return event_of("/a", ProcessTracepoint{.subsys = value, .event = value, .policy = "p"});
       }},
      {"hooked file",
       [](const std::string& value) {
         return event_of("/a", ProcessUprobe{.path = value, .symbol = value, .policy = "p"});
       }},
      {"probe",
       [](const std::string& value) {
         return event_of("/a", ProcessUsdt{.provider = value, .name = value, .policy = "p"});
       }},
      {"joined",
       [](const std::string& value) {
         ProcessKprobe joined = kprobe("p", value);
         joined.returned = Argument{IntArg{0}, ""};
         return event_of("/a", joined);
       }},
      {"flag", [](const std::string& value) { return event_of("/a", ProcessExec{}, value); }},
      {"pod", [](const std::string& value) { return in_pod(value); }},
      {"namespace", [](const std::string& value) { return in_pod("web", "/a", "web", value); }},
      {"workload", [](const std::string& value) { return in_pod("web", "/a", value); }},
  };
  for (const auto& [label, make] : makers) {
    EventCounts counts({}, "");
    const size_t before = mallinfo2().uordblks;
    for (size_t n = 0; n < kMillion; ++n) counts.add(make("x" + std::to_string(n)));
    EXPECT_LT(mallinfo2().uordblks - before, size_t{16} << 20) << label;
    Page page = shown(counts);
    size_t series = 0;
    for (size_t n = 0; n < std::size(kMetrics); ++n) series += page.numbers(static_cast<Metric>(n)).size();
    EXPECT_LT(series, 2 * (TableRoom::kSeries + TableRoom::kOtherSeries + EventCounts::kPods)) << label;
    EXPECT_EQ(sum(page.numbers(Metric::events_total)), kMillion) << label;
  }
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
  constexpr size_t kMany = 2 * TableRoom::kSeries;
  for (size_t n = 0; n < kMany; ++n) counts.add(event_of("/bin/a", kprobe("p" + std::to_string(n), "f")));
  const Page page = shown(counts);
  EXPECT_EQ(page.numbers(Metric::policy_events_total).size(),
            TableRoom::kSeries + TableRoom::kOtherSeries + 1);
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

// A process of the pod outlives it, and is seen long after.
TEST(EventCounts, LateEventsOfAPodAreForgottenAsWell) {
  EventCounts counts({}, "");
  auto now = EventCounts::Clock::now();
  const auto pass = [&] { counts.forget_gone(now += EventCounts::kLinger); };
  counts.add(in_pod("web-1"));
  counts.pod_has_gone("shop", "web-1", now);
  for (int round = 0; round < 3; ++round) {
    pass();
    EXPECT_TRUE(shown(counts).numbers(Metric::events_total).empty());
    counts.add(in_pod("web-1"));
    EXPECT_EQ(shown(counts).numbers(Metric::events_total).size(), 1u) << "all events count";
  }
  counts.pod_is_there("shop", "web-1");  // a new one of the same name
  counts.add(in_pod("web-1"));
  pass();
  pass();
  EXPECT_EQ(sum(shown(counts).numbers(Metric::events_total)), 2);
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

TEST(EventCounts, LabelsThatAreNotKeptAreEmptyOfTooManyPodsToo) {
  EventCounts counts({.name_space = false}, "");
  for (size_t n = 0; n < 2 * EventCounts::kPods; ++n) counts.add(in_pod("web-" + std::to_string(n)));
  const Page page = shown(counts);
  EXPECT_EQ(page.numbers(Metric::events_total).at({"/bin/a", "", "", "_other", "PROCESS_EXEC", "_other"}),
            EventCounts::kPods + 1);
  EXPECT_EQ(page.numbers(Metric::metrics_other_total).at({}), EventCounts::kPods + 1);
}

// What limits there are hold for all pods together.
TEST(EventCounts, ManyPodsWithManyHooksTakeNoMore) {
  EventCounts counts({}, "");
  constexpr size_t kHooks = 300;
  const size_t before = mallinfo2().uordblks;
  for (size_t pod = 0; pod < EventCounts::kPods - 1; ++pod) {
    Event event = in_pod("web-" + std::to_string(pod), "/bin/" + std::to_string(pod));
    for (size_t hook = 0; hook < kHooks; ++hook) {
      event.payload = kprobe("p", "f" + std::to_string(hook));
      counts.add(event);
      event.payload = raw_syscall(LongArg{static_cast<int64_t>(hook)});
      counts.add(event);
    }
  }
  EXPECT_LT(mallinfo2().uordblks - before, size_t{16} << 20);
  const Page page = shown(counts);
  constexpr size_t kMost = TableRoom::kSeries + TableRoom::kOtherSeries + EventCounts::kPods;
  for (const Metric metric : {Metric::policy_events_total, Metric::syscalls_total})
    EXPECT_LE(page.numbers(metric).size(), kMost) << metric_info(metric).name;
  EXPECT_EQ(sum(page.numbers(Metric::policy_events_total)), 2.0 * (EventCounts::kPods - 1) * kHooks);
}

// The 20 flags that there are, in any combination.
TEST(EventCounts, EachFlagCountsHoweverManyCombinationsThereAre) {
  EventCounts counts({}, "");
  constexpr unsigned kFlags = 20;
  std::array<double, kFlags> expected{};
  for (unsigned bits = 1; bits < 4000; ++bits) {
    std::string flags;
    for (unsigned flag = 0; flag < kFlags; ++flag) {
      if (((bits * 257) >> flag & 1) == 0) continue;
      ++expected.at(flag);
      flags += (flags.empty() ? "f" : " f") + std::to_string(flag);
    }
    counts.add(event_of("/bin/a", ProcessExec{}, flags));
  }
  const Page page = shown(counts);
  for (unsigned flag = 0; flag < kFlags; ++flag)
    EXPECT_EQ(page.numbers(Metric::flags_total).at({"f" + std::to_string(flag)}), expected.at(flag)) << flag;
}

}  // namespace
}  // namespace tripline
