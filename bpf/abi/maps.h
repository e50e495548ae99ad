/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Names, limits and values of the maps that both sides touch. Programs of different objects share these maps by
 * name: the first object creates them, later ones reuse them.
 */
#ifndef TRIPLINE_ABI_MAPS_H
#define TRIPLINE_ABI_MAPS_H

#include "abi/record.h"

enum tl_limit {
  TL_PATH_MAX = 4095,     /* bytes of a path */
  TL_PATH_DEPTH = 2048,   /* components of a path: "/a" repeated */
  TL_ARGS_MAX = 131072,   /* bytes of argv kept at exec */
  TL_NESTING = 4,         /* programs that may interrupt one another on one CPU with scratch in use */
  TL_TASKS_MAX = 4096,    /* tasks that can pass a hook while one set takes over from another */
  TL_PROGRAMS_MAX = 4096, /* hook programs at once */
  TL_POLICIES_MAX = 4096, /* policies at once */
  TL_ENTRIES_MAX = 4096,  /* calls at once that have begun and wait for their return */
  TL_SOCKS_MAX = 32000,   /* tracked sockets, of all policies */
  TL_NOTICES_MAX = 8192,  /* threads that wait for an enforcer, of each policy */
  TL_MISSED_MAX = 1024,   /* kinds of notices that none took; see struct tl_missed_key */
  TL_CGROUPS_MAX = 8192,  /* cgroups whose rate is known */
  TL_RATES_MAX = 32768,   /* events, told apart by what rate limits compare, whose last post is known */
};

/*
 * One element, mapped by the agent. A program of slot S born at epoch B is live while B <= epoch <= died[S]; one write
 * of `epoch` switches a whole set (D8). Between two sets the epoch is for a short while that in which the new programs
 * are born and the old ones die: then both are live, and tl_handover says which of them judges a call.
 *
 * What a policy asks to enforce is performed while its mode is TL_ENFORCE, and else only counted. A program looks at it
 * where a selector has matched, so one write switches a policy and nothing is compiled.
 */
enum tl_mode { TL_MONITOR = 0, TL_ENFORCE = 1 };

struct tl_control {
  __u32 epoch;
  __u32 noted; /* calls that wait for their return, in all hooks; not less than there are */
  __u32 died[TL_PROGRAMS_MAX];
  __u32 mode[TL_POLICIES_MAX]; /* enum tl_mode */
  __u32 noticed;               /* notices that wait for an enforcer; not less than there are */
  __u32 reserved;
};

/* One element for each selector of each hook section; the index is in the object's manifest. */
struct tl_counter {
  __u64 posted;            /* records written to the ring */
  __u64 lost;              /* records that did not fit: posted + lost is what matched and was to be posted */
  __u64 unposted;          /* matched, not to be posted (NoPost) */
  __u64 signals;           /* Sigkill and Signal performed */
  __u64 monitored_signals; /* not performed: monitor mode */
  __u64 overrides;         /* Override, also where it has no effect */
  __u64 monitored_overrides;
  __u64 sets; /* Set */
  __u64 monitored_sets;
  __u64 notices; /* NotifyEnforcer */
  __u64 monitored_notices;
  __u64 opened; /* records of calls that are posted when they return: written, and the call noted */
  __u64
      returned; /* those notes that the return found, of all selectors of the hook: counted for its first one; and
                   those of calls that left otherwise, as far as that is known */
};

/* Per CPU, one element: what a life-cycle program could not write. */
struct tl_life_counter {
  __u64 posted;
  __u64 lost;
  __u64 unjudged;  /* calls a hook program could not judge: scratch nested deeper than TL_NESTING */
  __u64 unknown;   /* processes that got no entry among the facts (abi/facts.h): there was no room */
  __u64 throttled; /* forks and execs that were left out: their cgroup had too many */
};

/* How many processes began in a cgroup on one CPU. */
struct tl_cgroup_rate {
  __u64 window;   /* ns, CLOCK_MONOTONIC: when the interval that is counted began */
  __u64 current;  /* forks and execs in it */
  __u64 previous; /* in the one before */
  __u64 over;     /* time of the last one that was too many; 0: there was none */
};

enum tl_throttle_time {
  TL_THROTTLE_REST = 5, /* seconds without one that is too many, after which they are reported again */
};

/* A socket that a policy tracks, and who owns it: events about it are told of that thread. */
struct tl_sock_key {
  __u64 sock;   /* address of the struct sock */
  __u64 policy; /* a hash of its namespace and name */
};
struct tl_sock_owner {
  __u32 tgid, tid;
  __u32 port; /* the socket's own, once it has one: another one's is another socket in the same memory */
};

/* One element: where the kernel keeps the addresses of its variables about memory; 0: it does not say. */
struct tl_memory {
  __u64 page_offset_base;
  __u64 vmemmap_base;
};

/* What NotifyEnforcer leaves for the next enforced call of its thread. */
struct tl_notice_key {
  __u64 thread;
  __u64 policy; /* another number whenever one is loaded */
};
struct tl_notice {
  __u64 birth;  /* when the thread began */
  __s16 error;  /* that the call is to return; 0: none */
  __u16 signal; /* that is sent; 0: none */
  __u32 info;   /* enum tl_notice_info */
};

/* Who left it: the number of a system call (with bit 31 for the 32-bit mode), or a hook of the policy by its position. */
enum tl_notice_info { TL_NOTICE_HOOK = 1 << 28 };

/* What tl_notice_take returns: bits to shift. The error is in the lower half, extended to 32 bits. */
enum tl_notice_taken { TL_NOTICE_SIGNAL = 32, TL_NOTICE_THERE = 63 };

/* Notices that no enforcer took; the value is how many. */
enum tl_missed_reason { TL_MISSED_NO_ACTION = 1, TL_MISSED_OVERWRITTEN = 2 };
struct tl_missed_key {
  __u64 policy; /* as in struct tl_notice_key */
  __u32 info;
  __u32 reason; /* enum tl_missed_reason */
};

enum tl_environment_limit {
  TL_ENVIRONMENT_MAX = 131072, /* bytes of a process's environment kept at exec */
};

enum tl_claims_limit {
  TL_CLAIMS_MAX =
      1024, /* life-cycle events between the first and the last look at one of the copies of a program */
};

/* All that is constant in the life-cycle programs but for them themselves; the loader fills it in. */
struct tl_life_options {
  __u32 environment; /* 1: records of execs have the environment */
  __u32 controller; /* of cgroup v1, whose cgroups are told: 1 and its place in a task's list; 0: cgroup v2 */
  __u64 cgroup_events;   /* most forks and execs of a cgroup on one CPU in an interval; 0: any number */
  __u64 cgroup_interval; /* ns */
};

#define TL_MAP_CONTROL "tl_control"
#define TL_MAP_COUNTERS "tl_counters"
#define TL_MAP_LIFE_COUNTER "tl_life_count"
#define TL_MAP_EVENTS "tl_events"
#define TL_MAP_LIFE "tl_life"
#define TL_MAP_SCRATCH "tl_scratch"
#define TL_MAP_HANDOVER "tl_handover"
#define TL_MAP_ENTRIES "tl_entries"
#define TL_MAP_RATES "tl_rates"
#define TL_MAP_CGROUP_RATES "tl_cgroup_rates"
#define TL_MAP_SOCKS "tl_socks"
#define TL_MAP_MEMORY "tl_memory"
#define TL_MAP_NOTICES "tl_notices"
#define TL_MAP_MISSED "tl_missed"

TL_STATIC_ASSERT(sizeof(struct tl_counter) == 104, "layout");
TL_STATIC_ASSERT(sizeof(struct tl_notice) == 16, "layout");
TL_STATIC_ASSERT(sizeof(struct tl_missed_key) == 16, "layout");

#endif
