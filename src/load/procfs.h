// SPDX-License-Identifier: Apache-2.0
// The processes that run already when we start, as /proc tells of them. A process that goes while it is being read
// is left out: the life-cycle programs, which must have been started before the scan, have its end.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "abi/record.h"
#include "base/result.h"

namespace tripline {

struct ProcfsEntry {
  uint32_t pid = 0;
  uint32_t parent = 0;  // 0: the kernel
  uint64_t start = 0;   // ns since boot
  uint32_t pid_in_ns = 0;
  uint32_t ns_level = 0;
  uint32_t auid = 0xffffffff;
  tl_cred cred{};  // securebits are not in /proc: 0
  tl_namespaces ns{};
  std::string exe;            // target of /proc/PID/exe; empty for a kernel thread
  std::string argv;           // with its NULs
  std::string cwd;            // empty when it could not be read
  std::string kernel_thread;  // its name, when it is one
};

// All processes under `proc`, in order of their ids.
[[nodiscard]] Result<std::vector<ProcfsEntry>> scan_processes(const std::string& proc = "/proc");

// The namespaces of process `pid`; 0 for those that cannot be read.
[[nodiscard]] tl_namespaces read_namespaces(uint32_t pid, const std::string& proc = "/proc");

}  // namespace tripline
