// SPDX-License-Identifier: Apache-2.0
// Random policies over what one kernel has: its functions, system calls, tracepoints and LSM hooks; and over the functions
// and probes of some files of user space. Half of their
// arguments are what somebody who looked at the kernel's types would write, the others are anything.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "binary/binary.h"
#include "kernel/kernel.h"

namespace tripline {

class PolicyMaker {
 public:
  // `files`: programs and libraries. Those that cannot be read are left out.
  PolicyMaker(const Kernel& kernel, const std::vector<std::string>& files);
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
  struct File {
    std::string path;
    std::vector<std::string> functions;
    std::vector<binary::UsdtProbe> probes;
  };
  std::vector<File> files_;
  std::vector<size_t> with_probes_;  // positions in files_
};

}  // namespace tripline
