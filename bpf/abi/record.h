/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The bytes a program writes to a ring, seen by both compilers. Fixed-width types, no implicit padding; sizes are
 * asserted at the end in either language. A record is as long as its data: fixed part first, then bytes without
 * terminating NUL in the order the fixed part names them.
 */
#ifndef TRIPLINE_ABI_RECORD_H
#define TRIPLINE_ABI_RECORD_H

#include <linux/types.h>

#ifdef __cplusplus
#define TL_STATIC_ASSERT static_assert
#else
#define TL_STATIC_ASSERT _Static_assert
#endif

enum tl_record_kind {
  TL_RECORD_FORK = 1,     /* life-cycle ring: struct tl_fork */
  TL_RECORD_EXEC = 2,     /* life-cycle ring: struct tl_exec */
  TL_RECORD_EXIT = 3,     /* life-cycle ring: struct tl_exit */
  TL_RECORD_HOOK = 4,     /* policy ring: struct tl_record, then the fields its schema names */
  TL_RECORD_THROTTLE = 6, /* life-cycle ring: struct tl_throttle */
  TL_RECORD_DATA = 5,     /* policy ring, before the TL_RECORD_HOOK that it belongs to: struct tl_data */
};

/* Opens every record. */
struct tl_record {
  __u32 size;     /* bytes of the whole record, this header included */
  __u16 kind;     /* enum tl_record_kind */
  __u16 reserved; /* 0 */
  __u64 time;     /* ns, CLOCK_MONOTONIC */
  __u32 tgid;     /* process id in the root pid namespace */
  __u32 tid;      /* thread id in the root pid namespace */
  __u32 schema;   /* TL_RECORD_HOOK: id of the record layout (object.h), else 0 */
  __u32 selector; /* TL_RECORD_HOOK: which selector of the hook section matched, from 0 */
};

/* A new process (never a mere thread), written by its creator before it can run. head.tgid is the child. */
struct tl_fork {
  struct tl_record head;
  __u32 forker;    /* tgid that called fork or clone */
  __u32 parent;    /* tgid of the child's real parent; differs from forker with CLONE_PARENT */
  __u32 pid_in_ns; /* the child's id in its own pid namespace */
  __u32 ns_level;  /* depth of that namespace, 0 is the root one */
};

struct tl_cred {
  __u32 uid, gid, euid, egid, suid, sgid, fsuid, fsgid; /* in the initial user namespace */
  __u32 securebits;
  __u32 reserved;
  __u64 permitted, effective, inheritable;
};

/* Inode numbers; 0 when the kernel has no such namespace. */
struct tl_namespaces {
  __u32 uts, ipc, mnt, pid, pid_for_children, net, time, time_for_children, cgroup, user;
};

enum tl_exec_flag {
  TL_EXEC_ARGS_TRUNCATED = 1 << 0,  /* the arguments were longer than the record can hold */
  TL_EXEC_ARGS_UNREADABLE = 1 << 1, /* user memory could not be read */
  TL_EXEC_CWD_UNREADABLE = 1 << 2,
  TL_EXEC_CWD_INCOMPLETE = 1 << 3, /* the path was too long or too deep */
  TL_EXEC_CWD_ROOT = 1 << 4,       /* cwd is the process's root directory */
  TL_EXEC_NAME_TRUNCATED = 1 << 5,
  TL_EXEC_SETUID =
      1 << 6, /* a privileged file was executed, and the effective uid is not what the real one was */
  TL_EXEC_SETGID = 1 << 7,
  TL_EXEC_FILE_CAPS = 1 << 8,           /* permitted capabilities were gained, and not by the uid */
  TL_EXEC_ENVIRONMENT_MISSING = 1 << 9, /* all or some of it: too long, or user memory could not be read */
};

enum tl_cgroup_limit {
  TL_CGROUP_NAME = 128, /* bytes of a name, with its NUL */
};

/*
 * A new image in process head.tgid. Bytes after the struct: file name as given to exec, cwd, argv with its NULs,
 * environment likewise.
 */
struct tl_exec {
  struct tl_record head;
  __u32 parent; /* tgid of the real parent now */
  __u32 pid_in_ns;
  __u32 ns_level;
  __u32 auid; /* login uid, 0xffffffff when unset */
  struct tl_cred cred;
  struct tl_namespaces ns;
  __u32 flags;                      /* enum tl_exec_flag */
  __u32 links;                      /* link count of the executed file */
  __u64 inode;                      /* and its inode number */
  __u32 name_size;                  /* bytes of the file name */
  __u32 cwd_size;                   /* bytes of the cwd; 0 with TL_EXEC_CWD_UNREADABLE */
  __u32 args_size;                  /* bytes of argv[0..] with their NULs */
  __u32 environment_size;           /* bytes of the environment with its NULs; 0 unless it was asked for */
  __u64 cgroup;                     /* id of the process's cgroup */
  char cgroup_name[TL_CGROUP_NAME]; /* the start of its name, up to a NUL; empty for the root */
};

/* The last thread of process head.tgid has ended. */
struct tl_exit {
  struct tl_record head;
  __u32 code; /* task_struct.exit_code of that thread: status << 8, or signal with 0x80 for a core dump */
  __u32 reserved;
};

/* Too many processes began in a cgroup on one CPU: from here on they are left out. head is of the one that was too many. */
struct tl_throttle {
  struct tl_record head;
  __u64 cgroup;              /* its id */
  char name[TL_CGROUP_NAME]; /* ends with a NUL; empty for the root */
};

/* Opens a TL_RECORD_HOOK record about the return of a call that had one about its entry. */
struct tl_return {
  struct tl_record head;
  __u64 entry_time; /* head.time of that one; its head.tid is the same */
};

/*
 * Bytes of a value of which the hook record, with the same time, tgid, tid and schema, holds only the first ones. They
 * follow the struct.
 */
struct tl_data {
  struct tl_record head;
  __u32 field;  /* offset of the field's fixed part in the hook record */
  __u32 offset; /* of the first of these bytes in the whole value */
};

TL_STATIC_ASSERT(sizeof(struct tl_record) == 32, "layout");
TL_STATIC_ASSERT(sizeof(struct tl_data) == 40, "layout");
TL_STATIC_ASSERT(sizeof(struct tl_fork) == 48, "layout");
TL_STATIC_ASSERT(sizeof(struct tl_cred) == 64, "layout");
TL_STATIC_ASSERT(sizeof(struct tl_namespaces) == 40, "layout");
TL_STATIC_ASSERT(sizeof(struct tl_exec) == 32 + 16 + 64 + 40 + 16 + 16 + 8 + TL_CGROUP_NAME, "layout");
TL_STATIC_ASSERT(sizeof(struct tl_exit) == 40, "layout");
TL_STATIC_ASSERT(sizeof(struct tl_throttle) == 32 + 8 + TL_CGROUP_NAME, "layout");
TL_STATIC_ASSERT(sizeof(struct tl_return) == 40, "layout");

#endif
