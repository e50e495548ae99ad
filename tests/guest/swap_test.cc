// SPDX-License-Identifier: Apache-2.0
// A policy set is swapped whole: while one thread makes calls without a pause, another replaces the set again and
// again. Every call must be judged by exactly one set. First with events of fd_install, which come in the order of the
// calls; then with counters alone, which leaves time for many more swaps: once for each way of attaching programs, since
// not all of them run the new one first, and once for calls that an enforcer keeps from running.
//
// usage: swap_test [SWAPS]       (only in a guest: it attaches programs)
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "agent/agent.h"
#include "kernel/kernel.h"
#include "policy_text.h"

using namespace tripline;

extern "C" [[gnu::noinline, gnu::used]] long swapped_call(long number) {
  asm volatile("" : "+r"(number)::"memory");
  return number;
}

namespace {

constexpr const char* kWatched = "/tmp/swapped";
constexpr int kFirst = 100;  // descriptor numbers that stand for calls
constexpr int kNumbers = 50000;
constexpr uint64_t kAhead = 200000;  // calls whose events fit into the ring

constexpr long kOffset = 123456789;  // where nobody else goes

constexpr int kOption = 7301;  // of prctl; there is none

enum class Makes { kDescriptors, kSeeks, kCalls, kOptions };

// One way of attaching programs: a hook of that kind, up to the actions of its selector.
struct Hook {
  const char* what;
  const char* spec;
  Makes makes;              // the calls that its selector matches
  const char* action = "";  // before the one that is counted
};

constexpr Hook kFunction = {"function", R"(
  kprobes:
  - call: "fd_install"
    syscall: false
    args:
    - index: 0
      type: "int"
    - index: 1
      type: "file"
    selectors:
    - matchArgs:
      - index: 1
        operator: "Equal"
        values:
        - "/tmp/swapped"
)",
                            Makes::kDescriptors};

// A hook that reads registers is a kprobe.
constexpr Hook kKprobe = {"kprobe", R"(
  kprobes:
  - call: "fd_install"
    syscall: false
    args:
    - index: 1
      type: "file"
    data:
    - index: 0
      type: "uint64"
      source: "pt_regs"
      resolve: "rsi"
    selectors:
    - matchArgs:
      - index: 1
        operator: "Equal"
        values:
        - "/tmp/swapped"
)",
                          Makes::kDescriptors};

// So many that one program serves them all.
constexpr Hook kList = {"list of functions", R"(
  lists:
  - name: "many"
    values: ["fd_install", "fget", "fget_raw", "ksys_read", "ksys_write", "ksys_pread64", "ksys_pwrite64",
             "ksys_fallocate", "ksys_fchown", "vfs_read", "vfs_write", "vfs_llseek", "vfs_fsync", "vfs_open",
             "vfs_fallocate", "vfs_fsync_range", "vfs_iter_read", "vfs_getattr"]
  kprobes:
  - call: "list:many"
    syscall: false
    args:
    - index: 0
      type: "int"
    selectors:
    - matchArgs:
      - index: 0
        operator: "InRange"
        values:
        - "100:50100"
)",
                        Makes::kDescriptors};

constexpr Hook kRawTracepoint = {"raw tracepoint", R"(
  tracepoints:
  - subsystem: "raw_syscalls"
    event: "sys_exit"
    args:
    - index: 5
    selectors:
    - matchArgs:
      - index: 5
        operator: "Equal"
        values:
        - "123456789"
)",
                                 Makes::kSeeks};

constexpr Hook kTracepoint = {"tracepoint", R"(
  tracepoints:
  - subsystem: "syscalls"
    event: "sys_enter_lseek"
    args:
    - index: 6
      type: "uint64"
    selectors:
    - matchArgs:
      - index: 6
        operator: "Equal"
        values:
        - "123456789"
)",
                              Makes::kSeeks};

// Of this program itself.
constexpr Hook kUprobe = {"uprobe", R"(
  uprobes:
  - path: /proc/self/exe
    symbols: [swapped_call]
    args:
    - index: 0
      type: "int64"
    selectors:
    - matchArgs:
      - index: 0
        operator: "Equal"
        values:
        - "123456789"
)",
                          Makes::kCalls};

// Each call leaves a notice, and is enforced further in: by no set of policies it must get through.
constexpr Hook kEnforced = {"enforcer", R"(
  enforcers:
  - calls: ["security_task_prctl"]
  kprobes:
  - call: "sys_prctl"
    args:
    - index: 0
      type: "int"
    selectors:
    - matchArgs:
      - index: 0
        operator: "Equal"
        values:
        - "7301"
)",
                            Makes::kOptions, "      - action: NotifyEnforcer\n        argError: -13\n"};

PolicyPtr make_policy(const Kernel& kernel, const Hook& hook, const std::string& name,
                      const std::string& action) {
  return policy_from(R"(
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: ")" + name +
                         "\"\nspec:" + hook.spec + "      matchActions:\n" + hook.action +
                         "      - action: " + action + "\n",
                     kernel);
}

int refuse(const Error& error) {
  std::fprintf(stderr, "swap_test: %s\n", error.text().c_str());
  return 1;
}

// How the numbers of the events differ from 0, 1, 2, ... calls - 1.
struct Verdict {
  uint64_t twice = 0;
  uint64_t missing = 0;
  uint64_t disordered = 0;
};

Verdict judge(const std::vector<int>& seen, uint64_t calls) {
  Verdict verdict;
  uint64_t expected = 0;
  for (const int number : seen) {
    const auto ahead =
        static_cast<int64_t>(static_cast<uint64_t>(number)) - static_cast<int64_t>(expected % kNumbers);
    if (ahead == 0) {
      ++expected;
    } else if (ahead == -1 || ahead == kNumbers - 1) {
      ++verdict.twice;
    } else if (ahead > 0 && ahead < 100) {
      verdict.missing += static_cast<uint64_t>(ahead);
      expected += static_cast<uint64_t>(ahead) + 1;
    } else {
      ++verdict.disordered;
    }
  }
  verdict.missing += calls - expected;
  return verdict;
}

// Makes calls until it is told to stop; each descriptor made has the next number.
class Hammer {
 public:
  explicit Hammer(Makes makes) : file_(open(kWatched, O_RDONLY | O_CREAT | O_CLOEXEC, 0644)), makes_(makes) {}
  void start() {
    thread_ = std::thread([this] { run(); });
  }
  // `calls` have been heard of: no more than kAhead others are made until the next word.
  void heard_of(uint64_t calls) { read_ = calls; }
  // Calls that were to be kept from running, and were not; once it has stopped.
  [[nodiscard]] uint64_t unenforced() const { return unenforced_; }
  uint64_t stop() {
    stop_ = true;
    thread_.join();
    return calls_;
  }

 private:
  void run() {
    while (!stop_.load(std::memory_order_relaxed)) {
      const int number = kFirst + static_cast<int>(calls_ % kNumbers);
      while (calls_ > read_.load(std::memory_order_relaxed) + kAhead && !stop_) std::this_thread::yield();
      if (makes_ == Makes::kSeeks) {
        if (lseek(file_, kOffset, SEEK_SET) != kOffset) std::abort();
      } else if (makes_ == Makes::kCalls) {
        if (swapped_call(kOffset) != kOffset) std::abort();
      } else if (makes_ == Makes::kOptions) {
        if (prctl(kOption) != -1 || errno != EACCES) ++unenforced_;
      } else {
        if (fcntl(file_, F_DUPFD, number) != number) std::abort();
        close(number);
      }
      ++calls_;
    }
  }

  int file_;
  Makes makes_;
  std::atomic<bool> stop_ = false;
  std::atomic<uint64_t> read_ = 0;
  uint64_t calls_ = 0;
  uint64_t unenforced_ = 0;
  std::thread thread_;
};

int test(const std::shared_ptr<const Kernel>& kernel, const Hook& hook, int swaps, bool with_events) {
  const char* action = with_events ? "Post" : "NoPost";
  std::vector<PolicyPtr> policies;  // one for each set; the first is there before the calls begin
  for (int i = 0; i <= swaps; ++i)
    policies.push_back(make_policy(*kernel, hook, "set-" + std::to_string(i), action));
  if (policies.front() == nullptr) return 1;
  Hammer hammer(hook.makes);
  const auto self = static_cast<uint32_t>(getpid());
  std::vector<int> seen;
  AgentOptions options;
  options.host.events = 64 << 20;
  Result<std::unique_ptr<Agent>> agent = Agent::start(kernel, options, [&](const Event& event) {
    const auto* call = std::get_if<ProcessKprobe>(&event.payload);
    if (call == nullptr || event.process.process->pid != self) return;
    seen.push_back(std::get<IntArg>(call->args.at(0).value).value - kFirst);
  });
  if (!agent) return refuse(agent.error());
  if (const auto replaced = (*agent)->replace({policies[0]}); !replaced) return refuse(replaced.error());
  hammer.start();
  uint64_t counted = 0;  // by sets that are gone
  for (int swap = 1; swap <= swaps; ++swap) {
    const PolicyId before = (*agent)->policies().front().id;
    if (const auto replaced = (*agent)->replace({policies[swap]}); !replaced) return refuse(replaced.error());
    (*agent)->round();
    hammer.heard_of(with_events ? seen.size() : UINT64_MAX / 2);
    const auto count = (*agent)->counts(before);
    if (!count) return refuse(count.error());
    counted += count->unposted;
  }
  const uint64_t calls = hammer.stop();
  (*agent)->settle();
  if ((*agent)->replace({policies[0]})) {
    std::fprintf(stderr, "policies were replaced though they are final\n");
    return 1;
  }
  (*agent)->round();
  (*agent)->round();
  const Result<Losses> losses = (*agent)->losses();
  if (!losses) return refuse(losses.error());
  for (const PolicyLosses& policy : losses->policies) counted += policy.counter.unposted;
  for (const SkippedCalls& skipped : losses->skipped) {
    std::printf("%llu calls of %s skipped by the kernel\n", static_cast<unsigned long long>(skipped.calls),
                skipped.function.c_str());
  }
  if (!with_events) {
    std::printf("%s: %d swaps, %llu calls, %llu counted, %llu not enforced\n", hook.what, swaps,
                static_cast<unsigned long long>(calls), static_cast<unsigned long long>(counted),
                static_cast<unsigned long long>(hammer.unenforced()));
    return calls == counted && hammer.unenforced() == 0 && !losses->any() ? 0 : 1;
  }
  const Verdict verdict = judge(seen, calls);
  std::printf(
      "%d swaps, %llu calls, %zu events: %llu judged twice, %llu by nobody, %llu out of order\n", swaps,
      static_cast<unsigned long long>(calls), seen.size(), static_cast<unsigned long long>(verdict.twice),
      static_cast<unsigned long long>(verdict.missing), static_cast<unsigned long long>(verdict.disordered));
  return verdict.twice == 0 && verdict.missing == 0 && verdict.disordered == 0 && !losses->any() ? 0 : 1;
}

int test_all(int swaps) {
  Result<ProbeReport> probed = probe_kernel({.features = true, .functions = false});
  if (!probed) return refuse(probed.error());
  const auto kernel = std::make_shared<const Kernel>(std::move(probed->kernel));
  int failed = test(kernel, kFunction, swaps / 10, true);
  for (const Hook& hook : {kFunction, kKprobe, kList, kRawTracepoint, kTracepoint, kUprobe, kEnforced}) {
    if (hook.what == kList.what && !kernel->features.kprobe_multi) continue;
    failed = std::max(failed, test(kernel, hook, swaps, false));
  }
  return failed;
}

}  // namespace

int main(int argc, char** argv) {
  if (access("/run/guest", F_OK) != 0) {
    std::fprintf(stderr, "swap_test: only in a guest (tools/vm): it attaches programs to the kernel\n");
    return 77;
  }
  const rlimit files = {kFirst + kNumbers + 10, kFirst + kNumbers + 10};
  setrlimit(RLIMIT_NOFILE, &files);
  return test_all(argc > 1 ? std::atoi(argv[1]) : 50);
}
