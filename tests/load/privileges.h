// SPDX-License-Identifier: Apache-2.0
// What tests of this room need to know about the machine: nothing here is ever attached to it, but maps are made and
// programs loaded, which takes privileges.
#pragma once

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/kernel.h"
#include "load/host.h"

namespace tripline {

// The running kernel, as far as Host wants to know.
inline Kernel running_kernel() {
  Result<ProbeReport> report = probe_kernel({.features = true, .functions = false});
  return report ? std::move(report->kernel) : Kernel{};
}

// A Host; absent when this process may not use bpf(2).
inline std::optional<Host> open_host(const Kernel& kernel, const HostOptions& options) {
  Result<Host> host = Host::open(kernel, options);
  if (!host) return {};
  return std::move(*host);
}

// Runs `body` in a process without capabilities; returns its exit status.
template <typename Body>
int without_privileges(const Body& body) {
  const pid_t child = fork();
  if (child == 0) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct none[2] = {};
    if (syscall(SYS_capset, &header, none) != 0) _exit(99);
    _exit(body());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

}  // namespace tripline

#define TRIPLINE_NEED_HOST(host) \
  if (!(host)) GTEST_SKIP() << "needs CAP_BPF and CAP_PERFMON"
