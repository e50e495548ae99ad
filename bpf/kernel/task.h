/* SPDX-License-Identifier: GPL-2.0-only */
/* Processes and threads, as far as we read them. */
#ifndef TRIPLINE_KERNEL_TASK_H
#define TRIPLINE_KERNEL_TASK_H

#include "kernel/fs.h"
#include "kernel/types.h"

struct cred;
struct nsproxy;
struct pid_namespace;

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
  struct file* exe_file; /* of an interpreted program: the interpreter */
} TL_RELOCATED;

struct task_struct {
  int pid;  /* of the thread, in the root pid namespace */
  int tgid; /* of the process */
  int exit_code;
  kuid_t loginuid;  /* with CONFIG_AUDIT */
  u64 start_time;   /* ns, CLOCK_MONOTONIC */
  u64 self_exec_id; /* counts the execs of the task and its ancestors */
  struct task_struct* real_parent;
  struct task_struct* group_leader;
  struct pid* thread_pid;
  struct signal_struct* signal;
  struct mm_struct* mm;
  const struct cred* cred;
  struct fs_struct* fs;
  struct nsproxy* nsproxy;
} TL_RELOCATED;

#endif
