// SPDX-License-Identifier: Apache-2.0
#include "kernel/api_features.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace tripline {
namespace {

constexpr uint32_t version_of(uint32_t major, uint32_t minor) { return major << 16 | minor << 8; }

template <uint32_t major, uint32_t minor>
bool since(const Kernel& kernel) {
  return kernel.version >= version_of(major, minor);
}

template <auto feature>
bool has(const Kernel& kernel) {
  return kernel.features.*feature;
}

// A system call whose return value programs may change.
bool can_modify_syscalls(const Kernel& kernel) {
  return std::ranges::binary_search(kernel.error_injection, std::string_view("__x64_sys_getcpu"));
}

bool can_override(const Kernel& kernel) {
  return kernel.features.override_return && can_modify_syscalls(kernel);
}

bool always(const Kernel&) { return true; }

struct Row {
  std::string_view name;
  bool (*holds)(const Kernel&);
};

constexpr std::array kRows = std::to_array<Row>({
    {"override_return", can_override},
    {"buildid", since<5, 12>},
    {"kprobe_multi", has<&Features::kprobe_multi>},
    {"uprobe_multi", has<&Features::uprobe_multi>},
    {"fmodret", has<&Features::fmod_ret>},
    {"fmodret_syscall", can_modify_syscalls},
    {"signal", has<&Features::send_signal>},
    {"large", since<5, 3>},
    {"link_pin", since<5, 7>},
    {"lsm", has<&Features::bpf_lsm>},
    {"missed_stats_kprobe_multi", since<6, 7>},
    {"missed_stats_kprobe", since<6, 7>},
    {"batch_update", since<5, 6>},
    {"uprobe_refctroff", since<4, 20>},
    {"audit_loginuid", always},
    {"probe_write_user", always},
    {"uprobe_regs_change", since<7, 0>},
    {"mix_bpf_and_tail_calls", since<5, 10>},
    {"fentry", has<&Features::fentry>},
    {"get_func_ret", since<5, 17>},
    {"substring_kfunc", since<6, 17>},
    {"copy_from_user_str", since<6, 12>},
});

}  // namespace

std::vector<std::pair<std::string, bool>> api_features(const Kernel& kernel) {
  std::vector<std::pair<std::string, bool>> out;
  for (const Row& row : kRows) out.emplace_back(row.name, row.holds(kernel));
  return out;
}

}  // namespace tripline
