// SPDX-License-Identifier: Apache-2.0
// Worker: a thread that does one job at a time, outside the loop. It starts with the first job. Whoever waits polls
// bell(), which becomes readable when a job is done.
//
// The destructor asks a job that runs to stop (its stop_token) and waits until it does.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

#include "base/fd.h"
#include "base/result.h"

namespace tripline {

class Worker {
 public:
  using Job = std::move_only_function<void(const std::stop_token&)>;

  // kHere: give() does the job before it returns. For tests that have ten thousand of them.
  enum class Place { kBeside, kHere };

  explicit Worker(Place place = Place::kBeside);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // It must not be busy. Fails when the system has no thread to give.
  Result<void> give(Job job);
  // Ends the thread; the next job starts another one.
  void rest() { thread_ = {}; }
  // What the job did is seen by whoever has seen that it is over.
  [[nodiscard]] bool busy() const { return busy_.load(std::memory_order_acquire); }

  // -1 when the system has no descriptor to give; then busy() alone tells.
  [[nodiscard]] int bell() const { return bell_.get(); }
  // Somebody else has something for whoever waits.
  void ring() const;
  // It was heard.
  void silence() const;

 private:
  void work(const std::stop_token& stop);

  Place place_;
  Fd bell_;
  std::atomic<bool> busy_ = false;
  std::mutex mutex_;
  std::condition_variable_any given_;
  Job job_;
  std::jthread thread_;  // goes first
};

}  // namespace tripline
