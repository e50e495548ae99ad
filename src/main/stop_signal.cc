// SPDX-License-Identifier: Apache-2.0
#include "main/stop_signal.h"

#include <signal.h>

#include <thread>
#include <utility>

namespace tripline {

// The thread ends with the process.
void stop_by_signal(std::shared_ptr<const kube::Stop> stop) {
  sigset_t taken;
  sigemptyset(&taken);
  for (const int signal : {SIGINT, SIGTERM}) sigaddset(&taken, signal);
  pthread_sigmask(SIG_BLOCK, &taken, nullptr);
  signal(SIGPIPE, SIG_IGN);
  std::thread([taken, stop = std::move(stop)] {
    int signal = 0;
    sigwait(&taken, &signal);
    stop->set();
  }).detach();
}

}  // namespace tripline
