/* SPDX-License-Identifier: GPL-2.0-only */
/* What hook programs ask of the calling task that is more than a load, or that they have no typed pointer for. */
#include "lib/task.bpf.h"

/* A number of the calling task: enum class TaskNumber of src/policy/checked.h. Global: verified once, not at each call. */
__attribute__((noinline)) u64 tl_task_number(u32 number) {
  struct task_struct* task = (void*)bpf_get_current_task();
  struct nsproxy* proxy;

  if (number == 0) return bpf_get_current_pid_tgid() >> 32;
  if (number == 1) return tl_namespace_pid(BPF_CORE_READ(task, group_leader));
  if (number == 5) return tl_pid_namespace(task);
  if (number == 11) return tl_user_namespace(task);
  if (number >= 12) return tl_capabilities(BPF_CORE_READ(task, cred), number - 12);
  proxy = BPF_CORE_READ(task, nsproxy);
  if (number == 2) return BPF_CORE_READ(proxy, uts_ns, ns.inum);
  if (number == 3) return BPF_CORE_READ(proxy, ipc_ns, ns.inum);
  if (number == 4) return BPF_CORE_READ(proxy, mnt_ns, ns.inum);
  if (number == 6) return BPF_CORE_READ(proxy, pid_ns_for_children, ns.inum);
  if (number == 7) return BPF_CORE_READ(proxy, net_ns, ns.inum);
  if (number == 10) return BPF_CORE_READ(proxy, cgroup_ns, ns.inum);
  if (!bpf_core_field_exists(proxy->time_ns)) return 0;
  if (number == 8) return BPF_CORE_READ(proxy, time_ns, ns.inum);
  return BPF_CORE_READ(proxy, time_ns_for_children, ns.inum);
}
