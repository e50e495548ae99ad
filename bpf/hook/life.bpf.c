/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life-cycle programs: a record for each new process, each exec and each end of a process, in the ring of the
 * life-cycle lane. Threads are not processes. A record that cannot be written is counted, and nothing else happens:
 * the programs change no state of the process they see.
 *
 * Fork and exit records have a fixed size and are reserved in the ring. An exec record is built in memory of its CPU
 * and copied to the ring as long as it is; one with very long arguments is reserved in the ring with the next of a few
 * sizes, for the memory of a CPU has room for usual ones only, and `head.size` says how much of it is in use.
 *
 * The kernel does not run a program on a CPU where it was interrupted in the middle: it skips it. Programs on a
 * tracepoint were not preempted before 7.0. Since then there are several for each event, which run one after the
 * other, and the first to claim the event reports it. One has a kind of its own (TL_NESTING - 1 others, then, are
 * copies): it is never preempted, but the kernel skips it when some task was preempted in the middle of a change to
 * any map. An event is missed when all are skipped; their recursion_misses tell how often that can have been, at most.
 * So each copy needs memory of its own for each CPU, and no more than one.
 *
 * Built twice: TL_OLD_KERNEL for kernels before 5.17, without bpf_loop.
 */
#include <linux/ptrace.h>

#include "abi/maps.h"
#include "abi/record.h"
#include "kernel/cred.h"
#include "kernel/fs.h"
#include "kernel/ns.h"
#include "kernel/task.h"
#include "kernel/trace.h"
#include "lib/cgroup.bpf.h"
#include "lib/path.bpf.h"
#include "lib/task.bpf.h"

enum life_limit {
  EXEC_NAME_MAX = 4128, /* "/dev/fd/N/" and a path of PATH_MAX bytes */
  EXEC_CWD_MAX = TL_PATH_END,
  EXEC_USUAL_MAX = 16384, /* bytes of arguments for which the memory of a CPU has room */
  EXEC_BIG_MAX = 49152,   /* bytes of arguments for the smaller of the sizes reserved in the ring */
  CHANGED_MAX = 256,      /* execs under way, system-wide, that change credentials */
  SINGLE = -1,            /* instead of the number of a copy: there is only one */
  CLAIMED_EXEC = 16,      /* bits of the kind in struct claim */
  NO_CLAIM = -17,         /* EEXIST */
};

/* What a program needs of memory, and an exec record under construction. */
struct exec_scratch {
  struct task_struct TL_UNTRUSTED* task; /* see distrust() */
  struct tl_walk walk;
  u8 path[TL_BUFFER_SIZE];
  struct tl_exec exec;
  u8 bytes[EXEC_NAME_MAX + EXEC_CWD_MAX + EXEC_USUAL_MAX];
};

/* The loader sets max_entries: one element for each CPU, or each CPU and copy: cpu * TL_NESTING + copy. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct exec_scratch);
} life_scratch SEC(".maps");

/* The loader sets its size. */
struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} tl_life SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct tl_life_counter);
} tl_life_count SEC(".maps");

/* Thread -> flags of the exec it is in (enum tl_exec_flag). An exec that fails after that point leaves its entry. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, CHANGED_MAX);
  __type(key, u32);
  __type(value, u32);
} life_changed SEC(".maps");

/* The loader sets it; the verifier leaves out what it rules out. */
const volatile struct tl_life_options life_options = {};

/* An event that one of the copies reports. A process has one fork and one exit, and each exec its number. */
struct claim {
  u64 start; /* of the process */
  u32 tgid;
  u32 what; /* kind, and the number of the exec above CLAIMED_EXEC bits */
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, TL_CLAIMS_MAX);
  __type(key, struct claim);
  __type(value, u32);
} life_claims SEC(".maps");

/* The memory of this CPU and copy; NULL cannot be: there is one for each. */
static __always_inline struct exec_scratch* scratch_of(int copy) {
  u32 cpu = bpf_get_smp_processor_id();
  u32 key = copy == SINGLE ? cpu : cpu * TL_NESTING + copy;

  return bpf_map_lookup_elem(&life_scratch, &key);
}

/*
 * The same task, by a pointer that the verifier does not trust. At every pointer read through one that it trusts it
 * searches all of the kernel's types, four times, for what to make of the result: seven million instructions each, ten
 * times what the rest of a program takes. What comes out of memory it does not trust. The kernels that search can also
 * keep pointers in memory like that (6.4); they have the type asked for.
 */
static __always_inline struct task_struct* distrust(struct exec_scratch* scratch, struct task_struct* task) {
  struct task_struct* volatile* kept = (void*)&scratch->task;

  if (!bpf_core_type_exists(struct bpf_iter_num)) return task;
  *kept = task;
  return *kept;
}

/* True for the first copy that asks; all are when there is only one. `start` is that of the process. */
static __always_inline bool claim_event(int copy, u32 what, u32 tgid, u64 start) {
  struct claim claim = {.start = start, .tgid = tgid, .what = what};
  u32 zero = 0;

  if (copy == SINGLE) return true;
  if (copy > 0 && bpf_map_lookup_elem(&life_claims, &claim)) return false;
  return bpf_map_update_elem(&life_claims, &claim, &zero, BPF_NOEXIST) !=
         NO_CLAIM; /* no room: report it twice */
}

static __always_inline void count(bool written) {
  u32 zero = 0;
  struct tl_life_counter* counter = bpf_map_lookup_elem(&tl_life_count, &zero);

  if (!counter) return;
  /* Whole additions: one can be preempted by another. */
  if (written)
    __sync_fetch_and_add(&counter->posted, 1);
  else
    __sync_fetch_and_add(&counter->lost, 1);
}

/*
 * Opens a record of `kind` about `task`. `time` must have been taken before the record was reserved in the ring: that
 * the reader can merge the rings rests on it (src/event/merge.h).
 */
static __always_inline void open_record(struct tl_record* head, u32 kind, u32 size, u64 time, u32 tgid,
                                        u32 tid) {
  head->size = size;
  head->kind = kind;
  head->reserved = 0;
  head->time = time;
  head->tgid = tgid;
  head->tid = tid;
  head->schema = 0;
  head->selector = 0;
}

static __always_inline bool report_throttle(u64 cgroup, u64 time) {
  struct task_struct* task = (void*)bpf_get_current_task();
  u64 thread = bpf_get_current_pid_tgid();
  struct tl_throttle* throttle = bpf_ringbuf_reserve(&tl_life, sizeof(*throttle), 0);

  if (!throttle) return false;
  open_record(&throttle->head, TL_RECORD_THROTTLE, sizeof(*throttle), time, thread >> 32, (u32)thread);
  throttle->cgroup = cgroup;
  if (bpf_probe_read_kernel_str(throttle->name, sizeof(throttle->name),
                                BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, name)) < 0)
    throttle->name[0] = 0;
  bpf_ringbuf_submit(throttle, 0);
  return true;
}

/* Is a process that begins now to be reported, or does its cgroup begin too many? */
static __always_inline bool is_allowed(u64 time) {
  struct tl_life_counter* counter;
  u32 zero = 0, answer;
  u64 cgroup;

  if (!life_options.cgroup_events) return true;
  cgroup = bpf_get_current_cgroup_id();
  answer = tl_cgroup_allows(cgroup, time, life_options.cgroup_events, life_options.cgroup_interval);
  if (answer == TL_RATE_ALLOWED) return true;
  if (answer == TL_RATE_BEGINS && report_throttle(cgroup, time)) tl_cgroup_begun(cgroup, time);
  counter = bpf_map_lookup_elem(&tl_life_count, &zero);
  if (counter) __sync_fetch_and_add(&counter->throttled, 1);
  return false;
}

/* What is asked of a new task. */
struct new_task {
  u32 pid, tgid;
  u32 parent;
  u32 level;
  struct pid* thread_pid;
  u64 start;
};

static __always_inline void report_fork(struct new_task child, int copy) {
  u64 time = bpf_ktime_get_ns();
  struct tl_fork* fork;
  struct upid* id;

  if (child.pid != child.tgid) return;                                     /* a thread */
  if (!claim_event(copy, TL_RECORD_FORK, child.tgid, child.start)) return; /* reported by another copy */
  if (!is_allowed(time)) return;
  fork = bpf_ringbuf_reserve(&tl_life, sizeof(*fork), 0);
  if (!fork) return count(false);
  open_record(&fork->head, TL_RECORD_FORK, sizeof(*fork), time, child.tgid, child.pid);
  fork->forker = bpf_get_current_pid_tgid() >> 32;
  fork->parent = child.parent;
  fork->ns_level = child.level;
  id = tl_own_id(child.thread_pid, child.level);
  fork->pid_in_ns = child.level ? BPF_CORE_READ(id, nr) : child.tgid;
  bpf_ringbuf_submit(fork, 0);
  count(true);
}

static __always_inline void report_exit(struct task_struct* task, int copy) {
  u64 time = bpf_ktime_get_ns();
  struct tl_exit* exit;

  if (!claim_event(copy, TL_RECORD_EXIT, task->tgid, task->group_leader->start_time)) return; /* as above */
  exit = bpf_ringbuf_reserve(&tl_life, sizeof(*exit), 0);
  if (!exit) return count(false);
  open_record(&exit->head, TL_RECORD_EXIT, sizeof(*exit), time, task->tgid, task->pid);
  exit->code = task->exit_code;
  exit->reserved = 0;
  bpf_ringbuf_submit(exit, 0);
  count(true);
}

static __always_inline u64 capabilities(const kernel_cap_t* from) {
  return from->cap[0] | (u64)from->cap[1] << 32;
}

/* The capability set that is at the relocated place of `member`, whatever its type is called there. */
#define CAPABILITIES(cred, member) capabilities((const void*)__builtin_preserve_access_index(&(cred)->member))

static __always_inline void fill_cred(struct tl_cred* to, const struct cred* cred) {
  to->uid = cred->uid.val;
  to->gid = cred->gid.val;
  to->euid = cred->euid.val;
  to->egid = cred->egid.val;
  to->suid = cred->suid.val;
  to->sgid = cred->sgid.val;
  to->fsuid = cred->fsuid.val;
  to->fsgid = cred->fsgid.val;
  to->securebits = cred->securebits;
  to->reserved = 0;
  to->permitted = CAPABILITIES(cred, cap_permitted);
  to->effective = CAPABILITIES(cred, cap_effective);
  to->inheritable = CAPABILITIES(cred, cap_inheritable);
}

static __always_inline void fill_namespaces(struct tl_namespaces* to, struct task_struct* task,
                                            struct pid* pid, u32 level) {
  struct nsproxy* proxy = task->nsproxy;

  to->uts = proxy->uts_ns->ns.inum;
  to->ipc = proxy->ipc_ns->ns.inum;
  to->mnt = proxy->mnt_ns->ns.inum;
  to->pid = BPF_CORE_READ(tl_own_id(pid, level), ns, ns.inum);
  to->pid_for_children = proxy->pid_ns_for_children->ns.inum;
  to->net = proxy->net_ns->ns.inum;
  to->time = 0;
  to->time_for_children = 0;
  if (bpf_core_field_exists(proxy->time_ns)) {
    to->time = proxy->time_ns->ns.inum;
    to->time_for_children = proxy->time_ns_for_children->ns.inum;
  }
  to->cgroup = proxy->cgroup_ns->ns.inum;
  to->user = task->cred->user_ns->ns.inum;
}

/* What is known of an exec besides the task it was done by. */
struct exec_source {
  const char* name; /* as given */
  struct file* file;
  bool raised; /* privileges may have been */
};

/* Everything of the record that has a fixed place, but for the sizes. */
static __always_inline void fill_exec(struct tl_exec* exec, struct task_struct* task, struct file* file) {
  struct pid* pid = task->thread_pid;
  struct inode* inode = file->f_inode;
  u32 level = pid->level;

  open_record(&exec->head, TL_RECORD_EXEC, 0, bpf_ktime_get_ns(), task->tgid, task->pid);
  exec->parent = task->real_parent->tgid;
  exec->ns_level = level;
  exec->pid_in_ns = level ? BPF_CORE_READ(tl_own_id(pid, level), nr) : task->pid;
  exec->auid = 0xffffffff;
  if (bpf_core_field_exists(task->loginuid)) exec->auid = task->loginuid.val;
  fill_cred(&exec->cred, task->cred);
  fill_namespaces(&exec->ns, task, pid, level);
  exec->flags = 0;
  exec->links = inode->i_nlink;
  exec->inode = inode->i_ino;
}

/* The cgroup that says which container the task is in. */
static __always_inline void fill_cgroup(struct tl_exec* exec, struct task_struct* task) {
  const char* name;

  if (life_options.controller) {
    struct cgroup_subsys_state **states, *state = NULL;
    struct css_set* sets = task->cgroups;
    struct kernfs_node* node;

    states = __builtin_preserve_access_index(&sets->subsys[0]);
    states += (life_options.controller - 1) & TL_CONTROLLERS_MAX; /* a constant, to the verifier too */
    bpf_probe_read_kernel(&state, sizeof(state), states);
    node = BPF_CORE_READ(state, cgroup, kn);
    exec->cgroup = BPF_CORE_READ(node, id);
    name = BPF_CORE_READ(node, name);
  } else {
    struct kernfs_node* node = task->cgroups->dfl_cgrp->kn;

    exec->cgroup = node->id;
    name = node->name;
  }
  if (bpf_probe_read_kernel_str(exec->cgroup_name, sizeof(exec->cgroup_name), name) < 0)
    exec->cgroup_name[0] = 0;
}

/* What the exec of `thread` raised, as report_changed noted. */
static __always_inline u32 changes(u32 thread) {
  u32 *changed = bpf_map_lookup_elem(&life_changed, &thread), flags;

  if (!changed) return 0; /* nothing, or more execs under way than CHANGED_MAX */
  flags = *changed;
  bpf_map_delete_elem(&life_changed, &thread);
  return flags;
}

/* The file name, first of the record's bytes. Returns its length. */
static __always_inline u32 fill_name(struct exec_scratch* scratch, const char* name) {
  long size = bpf_probe_read_kernel_str(scratch->bytes, EXEC_NAME_MAX, name);

  if (size <= 0) {
    scratch->exec.flags |= TL_EXEC_NAME_TRUNCATED;
    return 0;
  }
  if (size >= EXEC_NAME_MAX) {
    scratch->exec.flags |= TL_EXEC_NAME_TRUNCATED;
    size = EXEC_NAME_MAX;
  }
  return size - 1;
}

#ifdef TL_OLD_KERNEL
__attribute__((noinline)) int tl_walk_part_by_key(u32 key, u32 at) {
  struct exec_scratch* scratch = bpf_map_lookup_elem(&life_scratch, &key);

  barrier_var(at); /* or callers would leave it out, which the verifier does not let them */
  return scratch ? tl_walk_part(&scratch->walk, scratch->path) : 0;
}

__attribute__((noinline)) int tl_walk_by_key(u32 key, u32 at) {
  struct exec_scratch* scratch = bpf_map_lookup_elem(&life_scratch, &key);

  return scratch ? tl_walk_parts(&scratch->walk, key, at) : 0;
}
#endif

/* The working directory at byte `at`. Returns its length. */
static __always_inline u32 fill_cwd(struct exec_scratch* scratch, struct task_struct* task, u32 at) {
  struct fs_struct* fs = task->fs;
  u64 mnt, dentry;
  u32 start, size;

  mnt = (u64)fs->pwd.mnt;
  dentry = (u64)fs->pwd.dentry;
  scratch->walk.slot = bpf_get_smp_processor_id(); /* as scratch_of(SINGLE); see tl_walk_by_key */
  start = tl_path_build(&scratch->walk, mnt, dentry, (u64)fs->root.mnt, (u64)fs->root.dentry, scratch->path);
  if (start & TL_PATH_UNRESOLVED) {
    scratch->exec.flags |= TL_EXEC_CWD_INCOMPLETE;
    start = scratch->walk.start; /* its last components */
  }
  start &= TL_PATH_START;
  if (start >= TL_PATH_END || at > EXEC_NAME_MAX) {
    scratch->exec.flags |= TL_EXEC_CWD_UNREADABLE;
    return 0;
  }
  size = TL_PATH_END - start;
  if (bpf_probe_read_kernel(scratch->bytes + at, size, scratch->path + start)) {
    scratch->exec.flags |= TL_EXEC_CWD_UNREADABLE;
    return 0;
  }
  if (size == 1) scratch->exec.flags |= TL_EXEC_CWD_ROOT;
  return size;
}

/* Arguments and, behind them, the environment in the memory of a process. */
struct exec_texts {
  u64 from;
  u32 args; /* bytes of arguments */
  u32 size; /* bytes of both */
};

/* Old verifiers forget what they knew of a number that was kept on the stack: the bound stands where it is needed. */
static __always_inline bool read_texts(u8* to, u32 size, u32 room, u64 from) {
  barrier_var(size);
  return size <= room && !bpf_probe_read_user(to, size, (void*)from);
}

/*
 * Reads them to their place in a record, which has room for as many bytes. Returns how many there are: when they cannot
 * be read, those of the arguments alone, or 0.
 */
static __always_inline u32 fill_texts(u8* to, struct exec_texts texts, u32 room, struct tl_exec* exec) {
  u32 size = texts.size;

  exec->args_size = texts.args;
  exec->environment_size = size - texts.args;
  if (size == 0 || read_texts(to, size, room, texts.from)) return size;
  exec->environment_size = 0;
  if (life_options.environment) {
    exec->flags |= TL_EXEC_ENVIRONMENT_MISSING;
    size = texts.args;
    if (read_texts(to, size, room, texts.from)) return size;
  }
  exec->args_size = 0;
  exec->flags |= TL_EXEC_ARGS_UNREADABLE;
  return 0;
}

/* Sends the record with `room` bytes for texts reserved in the ring; false when it does not fit there. */
static __always_inline bool send_big(struct exec_scratch* scratch, u32 at, struct exec_texts texts,
                                     u64 room) {
  struct tl_exec* exec;
  u32 size;
  u8* bytes;

  exec = bpf_ringbuf_reserve(&tl_life, sizeof(*exec) + EXEC_NAME_MAX + EXEC_CWD_MAX + room, 0);
  if (!exec) return false;
  bytes = (u8*)exec + sizeof(*exec);
  barrier_var(at); /* as in read_texts */
  if (at > EXEC_NAME_MAX + EXEC_CWD_MAX || texts.size > room) {
    bpf_ringbuf_discard(exec, 0);
    return false; /* cannot be: bounds for the verifier */
  }
  bpf_probe_read_kernel(bytes, at, scratch->bytes);
  size = fill_texts(bytes + at, texts, room, &scratch->exec);
  scratch->exec.head.size = sizeof(*exec) + at + size;
  *exec = scratch->exec;
  bpf_ringbuf_submit(exec, 0);
  return true;
}

static __always_inline bool send_exec(struct exec_scratch* scratch, u32 at, struct exec_texts texts) {
  u32 size = texts.size;

  if (life_options.environment && size > TL_ARGS_MAX)
    return send_big(scratch, at, texts, TL_ARGS_MAX + TL_ENVIRONMENT_MAX);
  if (size > EXEC_BIG_MAX) return send_big(scratch, at, texts, TL_ARGS_MAX);
  if (size > EXEC_USUAL_MAX) return send_big(scratch, at, texts, EXEC_BIG_MAX);
  if (at > EXEC_NAME_MAX + EXEC_CWD_MAX) return false; /* cannot be: a bound for the verifier */
  size = fill_texts(scratch->bytes + at, texts, EXEC_USUAL_MAX, &scratch->exec);
  size += sizeof(scratch->exec) + at;
  barrier_var(size); /* as in read_texts */
  if (size > sizeof(scratch->exec) + sizeof(scratch->bytes)) return false;
  scratch->exec.head.size = size;
  return bpf_ringbuf_output(&tl_life, &scratch->exec, size, 0) == 0;
}

/* How many bytes of the environment, which begins where the arguments end, go with those. */
static __always_inline u32 environment_of(struct mm_struct* mm, bool args_whole, u32* flags) {
  u64 size = mm->env_end - mm->env_start;

  if (!life_options.environment) return 0;
  if (!args_whole || mm->env_start != mm->arg_end) {
    *flags |= TL_EXEC_ENVIRONMENT_MISSING;
    return 0;
  }
  if (size > TL_ENVIRONMENT_MAX) {
    *flags |= TL_EXEC_ENVIRONMENT_MISSING;
    size = TL_ENVIRONMENT_MAX;
  }
  return size;
}

/* Writes the record; false when it is lost. */
static __always_inline bool write_exec(struct exec_scratch* scratch, struct task_struct* task,
                                       struct exec_source source) {
  struct mm_struct* mm = task->mm;
  struct exec_texts texts;
  bool whole;
  u64 size;
  u32 at;

  fill_exec(&scratch->exec, task, source.file);
  fill_cgroup(&scratch->exec, task);
  if (source.raised) scratch->exec.flags = changes(task->pid);
  at = scratch->exec.name_size = fill_name(scratch, source.name);
  at += scratch->exec.cwd_size = fill_cwd(scratch, task, at);
  texts.from = mm->arg_start;
  size = mm->arg_end - texts.from;
  whole = size <= TL_ARGS_MAX;
  if (!whole) {
    scratch->exec.flags |= TL_EXEC_ARGS_TRUNCATED;
    size = TL_ARGS_MAX;
  }
  texts.args = size;
  texts.size = size + environment_of(mm, whole, &scratch->exec.flags);
  return send_exec(scratch, at, texts);
}

/*
 * Notes what the exec of the calling thread raises; the old credentials are gone when it is reported. A new effective id
 * is compared with the real one of before: a process that was set-uid already and executes such a file is told again.
 */
static __always_inline void report_changed(struct linux_binprm* bprm) {
  struct task_struct* task = (void*)bpf_get_current_task();
  u32 thread = (u32)bpf_get_current_pid_tgid();
  const struct cred *old, *new;
  u64 had = 0, has = 0, ambient = 0;
  u32 flags = 0;

  if (!BPF_CORE_READ(bprm, per_clear)) return; /* nothing is raised */
  old = BPF_CORE_READ(task, cred);
  new = BPF_CORE_READ(bprm, cred);
  if (BPF_CORE_READ(new, euid.val) != BPF_CORE_READ(old, uid.val)) flags |= TL_EXEC_SETUID;
  if (BPF_CORE_READ(new, egid.val) != BPF_CORE_READ(old, gid.val)) flags |= TL_EXEC_SETGID;
  bpf_core_read(&had, sizeof(had), &old->cap_permitted);
  bpf_core_read(&has, sizeof(has), &new->cap_permitted);
  bpf_core_read(&ambient, sizeof(ambient), &new->cap_ambient);
  /* The kernel drops ambient capabilities when a file grants some; a set-uid file may grant all of root's. */
  if (has & ~had && !ambient && !(flags & TL_EXEC_SETUID)) flags |= TL_EXEC_FILE_CAPS;
  if (flags) bpf_map_update_elem(&life_changed, &thread, &flags, BPF_ANY);
}

static __always_inline void report_exec(struct task_struct* task, struct exec_source source, int copy) {
  u32 what = TL_RECORD_EXEC | (u32)task->self_exec_id << CLAIMED_EXEC;
  struct exec_scratch* scratch = scratch_of(copy);

  if (!scratch) return;
  task = distrust(scratch, task);
  if (!task) return; /* cannot be */
  if (claim_event(copy, what, task->tgid, task->group_leader->start_time) && is_allowed(bpf_ktime_get_ns()))
    count(write_exec(scratch, task, source));
}

static __always_inline int on_fork(u64* ctx, int copy) {
  struct exec_scratch* scratch = scratch_of(copy);
  struct task_struct* child = (void*)ctx[1];
  struct new_task facts;

  if (!scratch) return 0;
  child = distrust(scratch, child);
  if (!child) return 0; /* cannot be */
  facts.pid = child->pid;
  facts.tgid = child->tgid;
  facts.parent = child->real_parent->tgid;
  facts.thread_pid = child->thread_pid;
  facts.level = facts.thread_pid->level;
  facts.start = child->start_time;
  report_fork(facts, copy);
  return 0;
}

static __always_inline int on_exec(u64* ctx, int copy) {
  struct linux_binprm* bprm = (void*)ctx[2];
  struct exec_source source = {.name = bprm->filename, .file = bprm->file, .raised = bprm->per_clear};

  report_exec((void*)ctx[0], source, copy);
  return 0;
}

/* Since 6.16 the tracepoint says whether the thread is the last of its process. */
static __always_inline int on_exit(u64* ctx, int copy) {
  if ((u8)ctx[1]) report_exit((void*)ctx[0], copy);
  return 0;
}

/* Before, of threads that end at the same time each can find that none is left; the reader drops the second record. */
static __always_inline int on_exit_old(u64* ctx) {
  struct exec_scratch* scratch = scratch_of(SINGLE);
  struct task_struct* task = (void*)ctx[0];

  if (!scratch) return 0;
  task = distrust(scratch, task);
  if (!task) return 0; /* cannot be */
  if (task->signal->live.counter == 0) report_exit(task, SINGLE);
  return 0;
}

#define ON_FORK SEC("tp_btf/sched_process_fork") int
#define ON_EXEC SEC("tp_btf/sched_process_exec") int
#define ON_EXIT SEC("tp_btf/sched_process_exit") int

ON_FORK life_fork(u64* ctx) { return on_fork(ctx, SINGLE); }
ON_EXEC life_exec(u64* ctx) { return on_exec(ctx, SINGLE); }
ON_EXIT life_exit(u64* ctx) { return on_exit(ctx, SINGLE); }
ON_EXIT life_exit_old(u64* ctx) { return on_exit_old(ctx); }

/* A kprobe, because the kernel skips fewer of its calls than those of a trampoline; few execs get past the first look. */
SEC("kprobe/security_bprm_committing_creds")
int life_creds(struct pt_regs* ctx) {
  report_changed((void*)PT_REGS_PARM1(ctx));
  return 0;
}

#ifndef TL_OLD_KERNEL
ON_FORK life_fork_1(u64* ctx) { return on_fork(ctx, 1); }
ON_FORK life_fork_2(u64* ctx) { return on_fork(ctx, 2); }
ON_FORK life_fork_3(u64* ctx) { return on_fork(ctx, 3); }
ON_EXEC life_exec_1(u64* ctx) { return on_exec(ctx, 1); }
ON_EXEC life_exec_2(u64* ctx) { return on_exec(ctx, 2); }
ON_EXEC life_exec_3(u64* ctx) { return on_exec(ctx, 3); }
ON_EXIT life_exit_1(u64* ctx) { return on_exit(ctx, 1); }
ON_EXIT life_exit_2(u64* ctx) { return on_exit(ctx, 2); }
ON_EXIT life_exit_3(u64* ctx) { return on_exit(ctx, 3); }
_Static_assert(TL_NESTING == 4, "one of another kind, and the copies above");

/* What follows the tracepoint in the kernel, for a new task that is not running yet. */
SEC("kprobe/wake_up_new_task")
int life_fork_0(struct pt_regs* ctx) {
  struct task_struct* child = (void*)PT_REGS_PARM1(ctx);
  struct pid* pid = BPF_CORE_READ(child, thread_pid);
  struct new_task facts = {
      .pid = BPF_CORE_READ(child, pid),
      .tgid = BPF_CORE_READ(child, tgid),
      .parent = BPF_CORE_READ(child, real_parent, tgid),
      .level = BPF_CORE_READ(pid, level),
      .thread_pid = pid,
      .start = BPF_CORE_READ(child, start_time),
  };

  report_fork(facts, 0);
  return 0;
}

SEC("tp/sched/sched_process_exec")
int life_exec_0(struct trace_event_raw_sched_process_exec* ctx) {
  struct task_struct* task = bpf_get_current_task_btf();
  struct exec_source source = {
      .name = (void*)ctx + (ctx->__data_loc_filename & 0xffff),
      .file = task->mm->exe_file,
      .raised = true,
  };

  report_exec(task, source, 0);
  return 0;
}

SEC("tp/sched/sched_process_exit")
int life_exit_0(void* ctx) {
  struct task_struct* task = bpf_get_current_task_btf();

  (void)ctx;
  if (task->signal->live.counter == 0) report_exit(task, 0);
  return 0;
}

#endif

char life_license[] SEC("license") = "GPL";
