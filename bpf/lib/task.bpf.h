/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers of a task: ids, namespaces, capabilities. Plain addresses serve, so programs of every kind can ask. */
#ifndef TRIPLINE_LIB_TASK_BPF_H
#define TRIPLINE_LIB_TASK_BPF_H

#include "lib/library.bpf.h"

#include "kernel/cred.h"
#include "kernel/ns.h"
#include "kernel/task.h"

enum { TL_PID_LEVEL_MAX = 32 }; /* MAX_PID_NS_LEVEL of the kernel */

static __always_inline u64 tl_capabilities(const struct cred* cred, u32 set) {
  u64 out = 0;

  if (set == 0)
    bpf_core_read(&out, sizeof(out), &cred->cap_effective);
  else if (set == 1)
    bpf_core_read(&out, sizeof(out), &cred->cap_inheritable);
  else
    bpf_core_read(&out, sizeof(out), &cred->cap_permitted);
  return out;
}

/* The task's entry in its own pid namespace. */
static __always_inline struct upid* tl_own_id(struct pid* pid, u32 level) {
  u64 index = level;

  barrier_var(index); /* before 6.2 the verifier needs the bound on the 64-bit register */
  if (index > TL_PID_LEVEL_MAX) index = TL_PID_LEVEL_MAX; /* cannot be */
  return (void*)pid + bpf_core_field_offset(struct pid, numbers) + index * bpf_core_type_size(struct upid);
}

/* Its process id in its own pid namespace; 0 in the root one. `leader` is the first thread of its process. */
static __always_inline u32 tl_namespace_pid(struct task_struct* leader) {
  struct pid* pid = BPF_CORE_READ(leader, thread_pid);
  u32 level = BPF_CORE_READ(pid, level);
  struct upid* id = tl_own_id(pid, level);

  return level ? BPF_CORE_READ(id, nr) : 0;
}

static __always_inline u32 tl_pid_namespace(struct task_struct* task) {
  struct pid* pid = BPF_CORE_READ(task, thread_pid);
  struct upid* id = tl_own_id(pid, BPF_CORE_READ(pid, level));

  return BPF_CORE_READ(id, ns, ns.inum);
}

/* Since 7.1 a memory map has none; 0 for a kernel thread, which has no memory map. */
static __always_inline u32 tl_user_namespace(struct task_struct* task) {
  struct mm_struct* mm = BPF_CORE_READ(task, mm);

  if (!bpf_core_field_exists(mm->user_ns)) return BPF_CORE_READ(task, cred, user_ns, ns.inum);
  return mm ? BPF_CORE_READ(mm, user_ns, ns.inum) : 0;
}

/* In the order of policy::Namespace. */
static __always_inline void tl_namespaces_of(struct task_struct* task, u32* to) {
  struct nsproxy* proxy = BPF_CORE_READ(task, nsproxy);

  to[0] = BPF_CORE_READ(proxy, uts_ns, ns.inum);
  to[1] = BPF_CORE_READ(proxy, ipc_ns, ns.inum);
  to[2] = BPF_CORE_READ(proxy, mnt_ns, ns.inum);
  to[3] = tl_pid_namespace(task);
  to[4] = BPF_CORE_READ(proxy, pid_ns_for_children, ns.inum);
  to[5] = BPF_CORE_READ(proxy, net_ns, ns.inum);
  to[6] = 0;
  to[7] = 0;
  if (bpf_core_field_exists(proxy->time_ns)) {
    to[6] = BPF_CORE_READ(proxy, time_ns, ns.inum);
    to[7] = BPF_CORE_READ(proxy, time_ns_for_children, ns.inum);
  }
  to[8] = BPF_CORE_READ(proxy, cgroup_ns, ns.inum);
  to[9] = tl_user_namespace(task);
}

static __always_inline void tl_capabilities_of(struct task_struct* task, u64* to) {
  const struct cred* cred = BPF_CORE_READ(task, cred);

  for (u32 set = 0; set < 3; set++) to[set] = tl_capabilities(cred, set);
}

#endif
