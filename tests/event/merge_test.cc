// SPDX-License-Identifier: Apache-2.0
#include "event/merge.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "event/records.h"

namespace tripline {
namespace {

// What a test writes to a ring.
struct Sent {
  uint16_t kind = 0;
  uint64_t time = 0;
  uint32_t pid = 0;
  uint32_t forker = 0;
};

Sent fork(uint64_t time, uint32_t pid, uint32_t forker) { return {TL_RECORD_FORK, time, pid, forker}; }
Sent exec(uint64_t time, uint32_t pid) { return {TL_RECORD_EXEC, time, pid}; }
Sent exit(uint64_t time, uint32_t pid) { return {TL_RECORD_EXIT, time, pid}; }
Sent hook(uint64_t time, uint32_t pid) { return {TL_RECORD_HOOK, time, pid}; }

// A merge of records whose bytes are kept until they are handed out.
class Merge {
 public:
  using Many = std::vector<Sent>;
  Many round(const std::function<Many()>& life, const std::function<Many()>& policy) {
    const auto drain = [this](const std::function<Many()>& from) {
      return [this, from](std::vector<RawRecord>& to) {
        for (const Sent& record : from()) to.push_back(raw(record));
      };
    };
    Many out;
    size_t life_end = 0, policy_end = 0;
    merge_.round(drain(life), drain(policy), [&](const RawRecord& record, Lane lane) {
      out.push_back(at_.extract(record.end).mapped().second);
      size_t& end = lane == Lane::kLife ? life_end : policy_end;
      EXPECT_GT(record.end, end) << "a ring is not released in its order";
      end = record.end;
      EXPECT_EQ(lane == Lane::kPolicy, out.back().kind == TL_RECORD_HOOK);
    });
    return out;
  }
  Many round(const Many& life1, const Many& policy, const Many& life2) {
    int calls = 0;
    return round([&] { return calls++ == 0 ? life1 : life2; }, [&] { return policy; });
  }
  [[nodiscard]] bool carries() const { return merge_.carries(); }

 private:
  RawRecord raw(const Sent& record) {
    auto& [head, kept] = at_[++end_];
    head = test::make_head(record.kind, record.time, record.pid);
    kept = record;
    return {std::as_bytes(std::span(&head, 1)), end_};
  }

  RecordMerge merge_;
  std::map<uint64_t, std::pair<tl_record, Sent>> at_;
  uint64_t end_ = 0;
};

// "x3" for an exec at time 3; f fork, e exit, h hook.
std::string letters(const std::vector<Sent>& records) {
  std::string text;
  for (const Sent& record : records)
    text += std::string(text.empty() ? "" : " ") + " fxeh"[record.kind] + std::to_string(record.time);
  return text;
}

TEST(Merge, TwoRingsByTime) {
  Merge merge;
  EXPECT_EQ(letters(merge.round({exec(1, 5), exit(4, 5)}, {hook(2, 5), hook(3, 5)}, {})), "x1 h2 h3 e4");
  EXPECT_EQ(letters(merge.round({}, {}, {})), "");
}

TEST(Merge, AnExecReadLateStillComesFirst) {
  Merge merge;
  EXPECT_EQ(letters(merge.round({}, {hook(5, 1)}, {exec(4, 1)})), "x4 h5");
}

TEST(Merge, AnExitReadEarlyIsCarried) {
  Merge merge;
  EXPECT_EQ(letters(merge.round({exec(1, 1)}, {hook(2, 1)}, {exit(4, 1)})), "x1 h2");
  EXPECT_TRUE(merge.carries());
  EXPECT_EQ(letters(merge.round({}, {hook(3, 1)}, {})), "h3 e4");
  EXPECT_FALSE(merge.carries());
}

TEST(Merge, NothingWaitsMoreThanOneRound) {
  Merge merge;
  EXPECT_EQ(letters(merge.round({}, {}, {fork(1, 2, 1), exit(2, 2)})), "");
  EXPECT_EQ(letters(merge.round({}, {}, {})), "f1 e2");
}

TEST(Merge, RingOrderHoldsWhenTimesDoNot) {
  Merge merge;
  EXPECT_EQ(letters(merge.round({exec(5, 1), exec(3, 2)}, {}, {})), "x5 x3");
  EXPECT_EQ(letters(merge.round({}, {hook(6, 3)}, {exec(7, 1), exec(4, 2)})), "h6");
  EXPECT_EQ(letters(merge.round({}, {}, {})), "x7 x4");
}

TEST(Merge, EqualTimes) {
  Merge merge;
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
    std::optional<Sent> taken = {};  // has its time, is not in its ring yet
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
    bool forked = task.taken->kind == TL_RECORD_FORK;
    task.dead = task.taken->kind == TL_RECORD_EXIT;
    uint32_t child = task.taken->pid;
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

  static std::vector<Sent> drain(std::deque<Sent>& ring) {
    std::vector<Sent> records(ring.begin(), ring.end());
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
    const auto stirred = [this](std::deque<Sent>& ring) {
      return [this, &ring] {
        auto records = drain(ring);
        stir();
        return records;
      };
    };
    for (const Sent& record : merge_.round(stirred(life_), stirred(policy_))) check(record);
  }

  void check(const Sent& record) {
    read_++;
    const uint32_t pid = record.pid;
    if (record.kind == TL_RECORD_FORK) {
      EXPECT_FALSE(seen_.contains(pid));
      EXPECT_FALSE(ended_.contains(record.forker));
      seen_.insert(pid);
      return;
    }
    EXPECT_TRUE(pid == 1 || seen_.contains(pid)) << "before its fork";
    EXPECT_FALSE(ended_.contains(pid)) << "after its exit";
    EXPECT_GE(record.time, last_[pid]) << "a process's own records out of order";
    last_[pid] = record.time;
    if (record.kind == TL_RECORD_EXIT) ended_.insert(pid);
  }

  std::mt19937 random_;
  uint64_t clock_ = 1;
  uint32_t next_pid_ = 1;
  bool stopped_ = false;
  int written_ = 0, read_ = 0;
  std::deque<Task> tasks_;
  std::deque<Sent> life_, policy_;
  Merge merge_;
  std::set<uint32_t> seen_, ended_;
  std::map<uint32_t, uint64_t> last_;
};

TEST(Merge, CausalOnASimulatedMachine) {
  for (unsigned seed = 0; seed < 200; seed++) Machine(seed).run(3000);
}

}  // namespace
}  // namespace tripline
