// SPDX-License-Identifier: Apache-2.0
#include "agent/worker.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <system_error>
#include <utility>

namespace tripline {
namespace {

// Signals are for the threads that wait for them.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

Worker::Worker(Place place) : place_(place), bell_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Result<void> Worker::give(Job job) {
  if (place_ == Place::kHere) {
    job({});
    return {};
  }
  if (!thread_.joinable()) {
    const SignalsBlocked blocked;
    try {  // that there is no thread is told in no other way
      thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
    } catch (const std::system_error& error) {
      return fail("start thread", "", error.code().value());
    }
  }
  busy_.store(true, std::memory_order_release);
  const std::lock_guard lock(mutex_);
  job_ = std::move(job);
  given_.notify_one();
  return {};
}

void Worker::work(const std::stop_token& stop) {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      if (!given_.wait(lock, stop, [this] { return job_ != nullptr; })) return;
      job = std::exchange(job_, nullptr);
    }
    job(stop);
    job = nullptr;  // what it holds goes here, not in the loop
    busy_.store(false, std::memory_order_release);
    ring();
  }
}

void Worker::ring() const {
  const uint64_t one = 1;
  (void)!write(bell_.get(), &one, sizeof(one));
}

void Worker::silence() const {
  uint64_t rung = 0;
  (void)!read(bell_.get(), &rung, sizeof(rung));
}

}  // namespace tripline
