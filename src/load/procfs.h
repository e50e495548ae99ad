// SPDX-License-Identifier: Apache-2.0
// The processes already running when we start, read from /proc. A process that exits while it is being read is left
// out: the life-cycle programs, which must have been started before the scan, record its exit. Also what /proc says
// about addresses: the kernel's symbols, a process's mappings and the files behind them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
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
  std::string exe;          // target of /proc/PID/exe; empty for a kernel thread
  std::string argv;         // with its NULs; TL_ARGS_MAX bytes at most, and fewer when there is no room left
  bool argv_cut = false;    // there was more
  std::string environment;  // likewise, of TL_ENVIRONMENT_MAX bytes; empty when it was not asked for
  bool environment_cut = false;
  std::string cwd;            // empty when it could not be read
  std::string cgroups;        // the lines of /proc/PID/cgroup
  std::string kernel_thread;  // its name, when it is one
};

struct ScanOptions {
  bool environment = false;
  size_t texts =
      size_t{64} << 20;  // bytes of arguments and environments kept; beyond, the start of arguments alone
};

// All processes under `proc`, in order of their ids.
[[nodiscard]] Result<std::vector<ProcfsEntry>> scan_processes(const std::string& proc = "/proc",
                                                              const ScanOptions& options = {});

// The namespaces of process `pid`; 0 for those that cannot be read.
[[nodiscard]] tl_namespaces read_namespaces(uint32_t pid, const std::string& proc = "/proc");

// The text of /proc/kallsyms, 64 MiB of it at most; empty when it cannot be read.
[[nodiscard]] std::string read_kernel_symbols(const std::string& proc = "/proc");

// The text of /proc/PID/maps, 4 MiB of it at most; empty when it cannot be read.
[[nodiscard]] std::string read_maps(uint32_t pid, const std::string& proc = "/proc");

// Up to `size` bytes from `offset` of the regular file that process `pid` has mapped at [start, end), whatever has
// become of its name. Empty when it cannot be read, and for files of FUSE, where a read can take for ever.
[[nodiscard]] std::string read_mapped_file(uint32_t pid, uint64_t start, uint64_t end, uint64_t offset,
                                           size_t size, const std::string& proc = "/proc");

// Reads a file that process `pid` has mapped by `path`, as it sees that: a regular file with that inode number and size.
// What cannot be opened, or is another file by now, is empty.
[[nodiscard]] std::function<std::string(uint64_t offset, size_t size)> open_mapped_file(
    uint32_t pid, std::string_view path, uint64_t inode, uint64_t bytes, const std::string& proc = "/proc");

// Addresses of variables of the kernel; 0 of those that it does not tell.
[[nodiscard]] std::vector<uint64_t> find_kernel_variables(std::span<const std::string_view> names,
                                                          const std::string& proc = "/proc");

}  // namespace tripline
