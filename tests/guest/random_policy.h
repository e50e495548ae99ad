// SPDX-License-Identifier: Apache-2.0
// Random policies over what one kernel has: its functions, system calls, tracepoints and LSM hooks. Half of their
// arguments are what somebody who looked at the kernel's types would write, the others are anything.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/kernel.h"

namespace tripline {

class PolicyMaker {
 public:
  explicit PolicyMaker(const Kernel& kernel);
  // The same for the same seed and kernel.
  [[nodiscard]] std::string make(uint64_t seed) const;

 private:
  const Kernel& kernel_;
  std::vector<std::string> functions_;  // of the kernel itself, with types
  std::vector<std::string> security_;
  std::vector<std::string> syscalls_;    // "sys_openat"
  std::vector<std::string> syscalls32_;  // "i386/sys_openat"
  std::vector<std::string> raw_;         // events
  std::vector<std::string> lsm_;         // hooks
};

}  // namespace tripline
