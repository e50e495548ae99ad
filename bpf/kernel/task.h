/* SPDX-License-Identifier: GPL-2.0-only */
/* Processes and threads, as far as we read them. */
#ifndef TRIPLINE_KERNEL_TASK_H
#define TRIPLINE_KERNEL_TASK_H

#include "kernel/fs.h"
#include "kernel/types.h"

struct cred;
struct nsproxy;
struct pid_namespace;
struct user_namespace;

typedef struct {
  u32 val;
} kuid_t;

typedef struct {
  u32 val;
} kgid_t;

typedef struct {
  int counter;
} atomic_t;

/* The id of a task in one pid namespace. */
struct upid {
  int nr;
  struct pid_namespace* ns;
} TL_RELOCATED;

struct pid {
  unsigned int level;     /* depth of the task's own namespace; 0 is the root one */
  struct upid numbers[1]; /* level + 1 of them */
} TL_RELOCATED;

/* What the threads of a process share. */
struct signal_struct {
  atomic_t live; /* threads that have not begun to exit */
} TL_RELOCATED;

struct mm_struct {
  unsigned long arg_start;
  unsigned long arg_end;
  unsigned long env_start;
  unsigned long env_end;
  struct file* exe_file;          /* of an interpreted program: the interpreter */
  struct user_namespace* user_ns; /* before 7.1 */
} TL_RELOCATED;

struct thread_info {
  u32 status; /* with bits that say how the current system call was entered */
} TL_RELOCATED;

struct kernfs_node {
  const char* name; /* of the root: "" */
  u64 id;           /* that of the file system, too */
} TL_RELOCATED;

struct cgroup;

/* What a controller, or nobody, has of a cgroup. */
struct cgroup_subsys_state {
  struct cgroup* cgroup;
  struct cgroup_subsys_state* parent; /* of the cgroup around; NULL: there is none */
} TL_RELOCATED;

struct cgroup_root {
  int hierarchy_id; /* as in /proc/cgroups; 0: that of cgroup2 */
} TL_RELOCATED;

struct cgroup {
  struct cgroup_subsys_state self;
  struct kernfs_node* kn;
  struct cgroup_root* root;
} TL_RELOCATED;

enum { TL_CONTROLLERS_MAX = 31 };

/* The cgroups of a task, one for each hierarchy. */
struct css_set {
  struct cgroup_subsys_state* subsys[1]; /* by controller */
  struct cgroup* dfl_cgrp;               /* in that of cgroup2 */
} TL_RELOCATED;

/* What the kernel keeps of a thread that reached a uprobe. */
struct uprobe_task {
  unsigned int depth; /* calls whose return it follows */
} TL_RELOCATED;

struct task_struct {
  struct thread_info thread_info;
  int pid;  /* of the thread, in the root pid namespace */
  int tgid; /* of the process */
  int exit_code;
  int exit_state;
  unsigned int flags; /* PF_* */
  kuid_t loginuid;    /* with CONFIG_AUDIT */
  u64 start_time;     /* ns, CLOCK_MONOTONIC */
  u64 self_exec_id;   /* counts the execs of the task and its ancestors */
  struct task_struct* real_parent;
  struct task_struct* group_leader;
  struct pid* thread_pid;
  struct signal_struct* signal;
  struct mm_struct* mm;
  const struct cred* cred;
  struct fs_struct* fs;
  struct files_struct* files;
  struct nsproxy* nsproxy;
  struct css_set* cgroups;
  struct uprobe_task* utask; /* with CONFIG_UPROBES */
} TL_RELOCATED;

/* What bpf_iter_num_new works on (6.4). */
struct bpf_iter_num {
  u64 opaque[1];
} TL_RELOCATED;

#endif
