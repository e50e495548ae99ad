// SPDX-License-Identifier: Apache-2.0
#include "event/merge.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <utility>

namespace tripline {
namespace {

Record fork(uint64_t time, uint32_t pid, uint32_t forker) {
  return ForkRecord{.head = {time, pid, pid}, .forker = forker, .parent = forker};
}
Record exec(uint64_t time, uint32_t pid) { return ExecRecord{.head = {time, pid, pid}}; }
Record exit(uint64_t time, uint32_t pid) { return ExitRecord{.head = {time, pid, pid}}; }
Record hook(uint64_t time, uint32_t pid) { return HookRecord{.head = {time, pid, pid}}; }

// "x3" for an exec at time 3; f fork, e exit, h hook.
std::string letters(const std::vector<Record>& records) {
  std::string text;
  for (const Record& record : records)
    text += std::string(text.empty() ? "" : " ") + "fxeh"[record.index()] + std::to_string(head(record).time);
  return text;
}

TEST(Merge, TwoRingsByTime) {
  RecordMerge merge;
  EXPECT_EQ(letters(merge.round({exec(1, 5), exit(4, 5)}, {hook(2, 5), hook(3, 5)}, {})), "x1 h2 h3 e4");
  EXPECT_EQ(letters(merge.round({}, {}, {})), "");
}

TEST(Merge, AnExecReadLateStillComesFirst) {
  RecordMerge merge;
  EXPECT_EQ(letters(merge.round({}, {hook(5, 1)}, {exec(4, 1)})), "x4 h5");
}

TEST(Merge, AnExitReadEarlyIsCarried) {
  RecordMerge merge;
  EXPECT_EQ(letters(merge.round({exec(1, 1)}, {hook(2, 1)}, {exit(4, 1)})), "x1 h2");
  EXPECT_TRUE(merge.carries());
  EXPECT_EQ(letters(merge.round({}, {hook(3, 1)}, {})), "h3 e4");
  EXPECT_FALSE(merge.carries());
}

TEST(Merge, NothingWaitsMoreThanOneRound) {
  RecordMerge merge;
  EXPECT_EQ(letters(merge.round({}, {}, {fork(1, 2, 1), exit(2, 2)})), "");
  EXPECT_EQ(letters(merge.round({}, {}, {})), "f1 e2");
}

TEST(Merge, RingOrderHoldsWhenTimesDoNot) {
  RecordMerge merge;
  EXPECT_EQ(letters(merge.round({exec(5, 1), exec(3, 2)}, {}, {})), "x5 x3");
  EXPECT_EQ(letters(merge.round({}, {hook(6, 3)}, {exec(7, 1), exec(4, 2)})), "h6");
  EXPECT_EQ(letters(merge.round({}, {}, {})), "x7 x4");
}

TEST(Merge, EqualTimes) {
  RecordMerge merge;
  EXPECT_EQ(letters(merge.round({exec(1, 1)}, {hook(1, 1)}, {})), "x1 h1");
  EXPECT_EQ(letters(merge.round({exit(2, 1)}, {hook(2, 1)}, {})), "h2 e2");
}

// A machine of several CPUs whose tasks take a time, then reserve in a ring, at random moments in between, and a
// reader that drains at random moments too. What the header proves is checked on whatever comes out.
class Machine {
 public:
  explicit Machine(unsigned seed) : random_(seed) {}

  void run(int steps) {
    tasks_.push_back({next_pid_++});
    for (int step = 0; step < steps; step++) {
      clock_ += random_() % 3;
      if (random_() % 4 == 0)
        read();
      else
        advance(tasks_[random_() % tasks_.size()]);
    }
    stopped_ = true;
    read();
    read();
    EXPECT_FALSE(merge_.carries());
    EXPECT_EQ(read_, written_);
  }

 private:
  struct Task {
    uint32_t pid;
    bool dead = false;
    std::optional<Record> taken = {};  // has its time, is not in its ring yet
    bool for_policy = false;
  };

  void advance(Task& task) {
    if (task.dead) return;
    if (!task.taken) {
      take(task);
      return;
    }
    (task.for_policy ? policy_ : life_).push_back(*task.taken);
    written_++;
    bool forked = std::holds_alternative<ForkRecord>(*task.taken);
    task.dead = std::holds_alternative<ExitRecord>(*task.taken);
    uint32_t child = head(*task.taken).tgid;
    task.taken.reset();
    if (forked) tasks_.push_back({child});
  }

  void take(Task& task) {
    unsigned what = random_() % 16;
    bool only = std::ranges::count_if(tasks_, [](const Task& other) { return !other.dead; }) < 2;
    task.for_policy = what < 10;
    if (what < 10)
      task.taken = hook(clock_, task.pid);
    else if (what < 12)
      task.taken = exec(clock_, task.pid);
    else if (what < 14 || only)
      task.taken = fork(clock_, next_pid_++, task.pid);
    else
      task.taken = exit(clock_, task.pid);
    clock_++;
  }

  static std::vector<Record> drain(std::deque<Record>& ring) {
    std::vector<Record> records(ring.begin(), ring.end());
    ring.clear();
    return records;
  }

  void stir() {
    if (stopped_) return;
    for (unsigned steps = random_() % 12; steps > 0; steps--) {
      clock_ += random_() % 2;
      advance(tasks_[random_() % tasks_.size()]);
    }
  }

  // Reading is not an instant: tasks go on between the drains.
  void read() {
    auto life1 = drain(life_);
    stir();
    auto policy = drain(policy_);
    stir();
    auto life2 = drain(life_);
    for (const Record& record : merge_.round(std::move(life1), std::move(policy), std::move(life2)))
      check(record);
  }

  void check(const Record& record) {
    read_++;
    uint32_t pid = head(record).tgid;
    if (std::holds_alternative<ForkRecord>(record)) {
      EXPECT_FALSE(seen_.contains(pid));
      EXPECT_FALSE(ended_.contains(std::get<ForkRecord>(record).forker));
      seen_.insert(pid);
      return;
    }
    EXPECT_TRUE(pid == 1 || seen_.contains(pid)) << "before its fork";
    EXPECT_FALSE(ended_.contains(pid)) << "after its exit";
    EXPECT_GE(head(record).time, last_[pid]) << "a process's own records out of order";
    last_[pid] = head(record).time;
    if (std::holds_alternative<ExitRecord>(record)) ended_.insert(pid);
  }

  std::mt19937 random_;
  uint64_t clock_ = 1;
  uint32_t next_pid_ = 1;
  bool stopped_ = false;
  int written_ = 0, read_ = 0;
  std::deque<Task> tasks_;
  std::deque<Record> life_, policy_;
  RecordMerge merge_;
  std::set<uint32_t> seen_, ended_;
  std::map<uint32_t, uint64_t> last_;
};

TEST(Merge, CausalOnASimulatedMachine) {
  for (unsigned seed = 0; seed < 200; seed++) Machine(seed).run(3000);
}

}  // namespace
}  // namespace tripline
