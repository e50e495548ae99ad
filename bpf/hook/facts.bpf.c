/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keeps the entries of processes (abi/facts.h): made at a fork from the forker's, decided anew at each exec, gone with
 * the process. What is decided is in generated functions, one for the path of an image, one for ids. Loaded only when
 * a policy asks, after processes began to run, so there are iterators that make the entries of those found running.
 *
 * Every program can run twice for one event without harm, and what a second version of a program does after the first
 * leaves alone what both know: for a while both are attached, when a policy brings new clauses. On kernels that preempt
 * programs of tracepoints there are several copies, for the same reason as of the life-cycle programs.
 *
 * Linked with the typed runtime library, which has the scratch memory. Built twice: TL_OLD_KERNEL for kernels before
 * 5.17, without bpf_loop.
 */
#include "lib/facts.bpf.h"
#include "abi/scratch.h"
#include "lib/maps.bpf.h"
#include "lib/path.bpf.h"
#include "lib/task.bpf.h"

enum facts_limit {
  ANCESTORS_MAX = 32, /* looked at in one go; more take another round of the iterator */
  TRIES_MAX = 4,      /* for a process that executes files faster than we look */
  IMAGE_AT = 8,       /* bits to shift: the number of the exec in `image` */
  KTHREAD = 0x00200000,
  FORKNOEXEC = 0x00000040,
  DEAD = 16,     /* EXIT_DEAD */
  SPARE = 16384, /* byte in the record of a slot where an entry is put together */
};

/* Generated (src/compile/facts.cc). */
extern int tl_fact_shape(u64* unused) __hidden;
extern int tl_fact_image(u64* slot) __hidden;
extern int tl_fact_pids(u64* slot) __hidden;
/* Of the library. */
extern struct tl_slot* tl_slot_get(void) __hidden;
extern int tl_slot_put(struct tl_slot* slot) __hidden;

TL_LIBRARY struct tl_slot* tl_fact_slot(struct tl_slot* slot) { return slot; }

/* A function of its own to the verifier, which is then checked once and not at each call, where it can be. */
#ifdef TL_OLD_KERNEL
static __always_inline
#else
__attribute__((noinline))
#endif
    int
    tl_decide_image(struct tl_slot* slot) {
  if (slot) tl_fact_image((void*)slot);
  return 0;
}

static __always_inline u32 words_of(u32 shape) { return shape & TL_SHAPE_WORDS; }
static __always_inline u32 version_of(u32 shape) { return shape >> TL_SHAPE_VERSION_AT & 0xff; }

static __always_inline u64* result(struct tl_slot* slot) { return (void*)slot->record; }

static __always_inline struct tl_recorded* recorded_of(struct tl_facts* facts, u32 shape) {
  return (void*)(facts + 1) + 16 * words_of(shape);
}

static __always_inline u32 image_of(struct task_struct* task, u32 shape) {
  return (u32)task->self_exec_id << IMAGE_AT | version_of(shape);
}

/* Has a program of this version, or of a later one, not looked at the entry yet? */
static __always_inline bool is_older(u32 image, u32 shape) {
  u8 behind = version_of(shape) - image;

  return !(image & 0xff) || (behind > 0 && behind < 128);
}

static __always_inline bool same_image(u32 a, u32 b) { return (a ^ b) >> IMAGE_AT == 0; }

static __always_inline void record(struct tl_facts* facts, struct task_struct* task, u32 shape) {
  if (!(shape & TL_SHAPE_RECORDED)) return;
  tl_namespaces_of(task, recorded_of(facts, shape)->namespaces);
  tl_capabilities_of(task, recorded_of(facts, shape)->capabilities);
}

/* The path of the task's image, as the task sees it, to value 0 and buffer 0 of the slot; empty when it has none. */
static __always_inline void find_path(struct tl_slot* slot, struct task_struct* task) {
  struct mm_struct* mm = task->mm;
  struct fs_struct* fs = task->fs;
  struct tl_walk* walk = (void*)slot->walk;
  struct file* exe;
  u32 start;

  slot->value[0].from = TL_PATH_END;
  if (!mm || !fs) return;
  exe = mm->exe_file;
  if (!exe) return;
  walk->slot = slot->key; /* see tl_walk_by_key */
  walk->at = 0;
  start = tl_path_build(walk, (u64)exe->f_path.mnt, (u64)exe->f_path.dentry, (u64)fs->root.mnt,
                        (u64)fs->root.dentry, slot->buffer[0]);
  slot->value[0].from = start & TL_PATH_START;
}

/* Word by word: a loop that clang sees through becomes a call of memset. */
static __always_inline void set_word(u64* words, u32 index, u64 value) {
  *(volatile u64*)&words[index] = value;
}

/* A process stays unknown. Counted each time it is looked at: it forks, it executes a file, a copy of us runs. */
static __always_inline void count_unknown(void) {
  u32 zero = 0;
  struct tl_life_counter* counter = bpf_map_lookup_elem(&tl_life_count, &zero);

  if (counter) __sync_fetch_and_add(&counter->unknown, 1);
}

/* An entry with nothing in it for a process that has none. NULL: too many processes; it stays unknown. */
static __always_inline struct tl_facts* make_entry(struct tl_slot* slot, u32 tgid, u32 birth, u32 shape) {
  struct tl_facts* facts = tl_fact_element(tgid);
  struct tl_facts* spare = (void*)(slot->record + SPARE);
  u32 words = words_of(shape);

  if (facts && (facts->tgid == 0 || facts->tgid == tgid)) {
    facts->birth = birth;
    facts->image = 0;
    facts->settled = 0;
    facts->flags = 0;
    for (u32 i = 0; i < 2 * words; i++) set_word(tl_fact_words(facts), i, 0);
    facts->tgid = tgid; /* two forks at once of ids that share an element would be 32768 forks apart */
    return facts;
  }
  spare->tgid = tgid;
  spare->birth = birth;
  spare->image = 0;
  spare->settled = 0;
  spare->flags = 0;
  for (u32 i = 0; i < 2 * words + sizeof(struct tl_recorded) / sizeof(u64); i++)
    set_word(tl_fact_words(spare), i, 0);
  if (bpf_map_update_elem(&tl_facts_more, &tgid, spare, BPF_ANY)) {
    count_unknown();
    return NULL;
  }
  return bpf_map_lookup_elem(&tl_facts_more, &tgid);
}

static __always_inline void drop_entry(u32 tgid, u32 shape) {
  struct tl_facts* facts = tl_fact_element(tgid);

  if (facts && facts->tgid == tgid) {
    for (u32 i = 0; i < 2 * words_of(shape); i++) set_word(tl_fact_words(facts), i, 0);
    facts->tgid = 0;
  } else {
    bpf_map_delete_elem(&tl_facts_more, &tgid);
  }
}

/* What the process was before becomes its parent's, at an exec; `mask`: TL_RESULT_CLAUSES or TL_RESULT_NEW. */
static __always_inline void take_parent(struct tl_facts* facts, struct tl_facts* from, const u64* results,
                                        u32 mask, u32 words) {
  u64* own = tl_fact_words(facts);

  for (u32 i = 0; i < words; i++) {
    u64 bits = results[mask * words + i];
    u64 low = TL_FACT_PRESENT | TL_FACT_KNOWN;
    u64 source = from ? tl_fact_words(from)[i] : 0;

    if (mask == TL_RESULT_CLAUSES) bits |= low;
    own[words + i] = (own[words + i] & ~bits) | (source & bits);
  }
}

/* What was found of the image, in the slot, to the process's own words. What follows stays. */
static __always_inline void take_image(struct tl_slot* slot, struct tl_facts* facts, u32 mask, u32 words) {
  const u64* results = result(slot);
  u64 low = TL_FACT_PRESENT;
  u64* own = tl_fact_words(facts);

  if (slot->value[0].from < TL_PATH_END) low |= TL_FACT_KNOWN;
  for (u32 i = 0; i < words; i++) {
    u64 bits = results[mask * words + i];
    u64 kept = own[i] & (~bits | results[TL_RESULT_FOLLOWS * words + i]);

    own[i] = (kept & ~(u64)TL_FACT_KNOWN) | (results[TL_RESULT_HOLDS * words + i] & bits) | low;
  }
}

/* Ids for the generated function: words 0 and 1 behind the results. */
static __always_inline void find_pids(struct tl_slot* slot, struct tl_facts* facts, u32 tgid,
                                      u32 namespace_pid, u32 words) {
  u64* results = result(slot);
  u64* own = tl_fact_words(facts);

  results[TL_RESULT_COUNT * words] = tgid;
  results[TL_RESULT_COUNT * words + 1] = namespace_pid;
  tl_fact_pids((void*)slot);
  for (u32 i = 0; i < words; i++) own[i] |= results[i];
}

/* Everything about a process that was found running: from what it is now; image 0 when that must be looked at again. */
static __always_inline struct tl_facts* find_process(struct tl_slot* slot, struct task_struct* task,
                                                     struct task_struct* leader, u32 shape) {
  struct tl_facts* facts = tl_facts_of(task->tgid);
  u32 birth = (u32)leader->start_time;
  u32 words = words_of(shape);
  u32 mask = TL_RESULT_NEW;
  bool found = false;

  if (facts && facts->birth != birth) facts = NULL;
  if (!facts) {
    mask = TL_RESULT_CLAUSES;
    facts = make_entry(slot, task->tgid, birth, shape);
    if (!facts) return NULL; /* there is no room: it stays unknown */
    if (task->flags & FORKNOEXEC) facts->flags = TL_FACT_FORKED;
    record(facts, task, shape);
  }
  for (u32 i = 0; i < TRIES_MAX; i++) {
    u32 image = image_of(task, shape);

    find_path(slot, task);
    tl_decide_image(slot);
    take_image(slot, facts, mask, words);
    facts->image = image;
    /*
     * A full barrier: when an exec came between, either it is seen here or its program runs after this. The path in
     * this memory has been read. Adding 0 would become an instruction that is not there before 5.12.
     */
    __sync_fetch_and_add((u64*)slot->walk, 1);
    if (image_of(task, shape) == image) {
      found = true;
      break;
    }
  }
  if (!found) facts->image = 0;
  if (shape & TL_SHAPE_PIDS) find_pids(slot, facts, task->tgid, tl_namespace_pid(leader), words);
  return facts;
}

SEC("tp_btf/sched_process_exec")
int facts_exec(u64* ctx) {
  struct task_struct* task = (void*)ctx[0];
  u32 shape = tl_fact_shape(ctx), words = words_of(shape);
  struct tl_facts *facts = tl_facts_of(task->tgid), *from;
  u32 image = image_of(task, shape);
  u32 mask = TL_RESULT_CLAUSES;
  struct tl_slot* slot;

  if (facts && facts->image == image) return 0; /* a copy was here */
  slot = tl_slot_get();
  if (!slot) {
    /* What is there is no longer true; counted as a call that was not judged. */
    drop_entry(task->tgid, shape);
    return 0;
  }
  find_path(slot, task);
  tl_decide_image(slot);
  if (!facts) {
    facts = make_entry(slot, task->tgid, (u32)task->group_leader->start_time, shape);
    if (facts) record(facts, task, shape); /* what the fork would have recorded */
  }
  if (facts) {
    if (same_image(facts->image, image) && facts->image & 0xff) {
      mask = TL_RESULT_NEW; /* an older version was here */
    } else {
      if (facts->flags & TL_FACT_FORKED) {
        record(facts, task, shape);
        facts->flags = TL_FACT_FIRST_IMAGE;
      } else {
        facts->flags = 0;
      }
    }
    from = facts->flags & TL_FACT_FIRST_IMAGE ? tl_facts_of(task->real_parent->tgid) : facts;
    take_parent(facts, from, result(slot), mask, words);
    take_image(slot, facts, mask, words);
    facts->image = image;
  }
  tl_slot_put(slot);
  return 0;
}

/* The child's entry from the forker's. */
static __always_inline struct tl_facts* copy_entry(struct tl_slot* slot, struct tl_facts* from,
                                                   struct task_struct* child, u32 shape) {
  u32 words = words_of(shape);
  struct tl_facts* facts = make_entry(slot, child->tgid, (u32)child->start_time, shape);

  if (!facts) return NULL;
  for (u32 i = 0; i < words; i++) set_word(tl_fact_words(facts), i, tl_fact_words(from)[i]);
  facts->image = from->image;
  facts->settled = from->settled;
  facts->flags = TL_FACT_FORKED;
  record(facts, child, shape);
  return facts;
}

SEC("tp_btf/sched_process_fork")
int facts_fork(u64* ctx) {
  struct task_struct *task = (void*)ctx[0], *child = (void*)ctx[1];
  u32 shape = tl_fact_shape(ctx), words = words_of(shape);
  struct tl_facts *facts, *from;
  struct tl_slot* slot;

  if (child->pid != child->tgid) return 0; /* a thread */
  facts = tl_facts_of(child->tgid);
  if (facts && facts->birth != (u32)child->start_time) facts = NULL; /* of one that is gone */
  if (facts && !(shape & TL_SHAPE_PIDS)) return 0; /* a copy, or an older version, was here */
  slot = tl_slot_get();
  if (!slot) return 0; /* the child is not known; counted as a call that was not judged */
  if (!facts) {
    from = tl_facts_of(task->tgid);
    if (!from || is_older(from->image, shape)) from = find_process(slot, task, task->group_leader, shape);
    if (from) facts = copy_entry(slot, from, child, shape);
  }
  if (facts && shape & TL_SHAPE_PIDS) find_pids(slot, facts, child->tgid, tl_namespace_pid(child), words);
  tl_slot_put(slot);
  return 0;
}

/* After the last thing a process does, and after its last thread. */
SEC("tp_btf/sched_process_free")
int facts_free(u64* ctx) {
  struct task_struct* task = (void*)ctx[0];
  u32 tgid = task->tgid;
  struct tl_facts* facts;

  if (task->pid != task->tgid) return 0;
  facts = tl_facts_of(tgid);
  if (facts && facts->birth == (u32)task->start_time) drop_entry(tgid, tl_fact_shape(ctx));
  return 0;
}

struct seq_file;

struct bpf_iter_meta {
  struct seq_file* seq;
} TL_RELOCATED;

struct bpf_iter__task {
  struct bpf_iter_meta* meta;
  struct task_struct* task;
} TL_RELOCATED;

/* First: an entry for every process that has none of this version. */
SEC("iter/task")
int facts_scan(struct bpf_iter__task* ctx) {
  struct task_struct *task = ctx->task, *leader;
  struct tl_facts* facts;
  struct tl_slot* slot;
  u32 shape;
  u8 mark = 0;

  if (!task) return 0;
  shape = tl_fact_shape((void*)ctx);
  leader = task->group_leader;
  if (task->exit_state == DEAD || (!task->mm && !(task->flags & KTHREAD)))
    return 0; /* another thread may tell */
  facts = tl_facts_of(task->tgid);
  if (facts && facts->birth == (u32)leader->start_time && !is_older(facts->image, shape)) return 0;
  slot = tl_slot_get();
  if (!slot) {
    bpf_seq_write(ctx->meta->seq, &mark, sizeof(mark));
    return 0;
  }
  facts = find_process(slot, task, leader, shape);
  if (facts && facts->image == 0) bpf_seq_write(ctx->meta->seq, &mark, sizeof(mark));
  tl_slot_put(slot);
  return 0;
}

/* Then, until it writes nothing: what holds of ancestors, and the parent. Writes a byte for each one left to do. */
SEC("iter/task")
int facts_settle(struct bpf_iter__task* ctx) {
  struct task_struct *task = ctx->task, *ancestor;
  struct tl_facts *facts, *from;
  struct tl_slot* slot;
  u32 shape, words, version;
  bool done = false, seen;
  u8 mark = 0;

  if (!task) return 0;
  shape = tl_fact_shape((void*)ctx);
  words = words_of(shape);
  version = version_of(shape);
  if (task->pid != task->tgid) return 0;
  facts = tl_facts_of(task->tgid);
  if (!facts || facts->settled == version) return 0;
  slot = tl_slot_get();
  if (!slot) {
    bpf_seq_write(ctx->meta->seq, &mark, sizeof(mark));
    return 0;
  }
  slot->value[0].from = TL_PATH_END;
  tl_decide_image(slot); /* for the masks */
  ancestor = task->real_parent;
  from = tl_facts_of(ancestor->tgid);
  seen = facts->flags & TL_FACT_FIRST_IMAGE && !is_older(facts->image, shape) && facts->image & 0xff;
  if (from && !seen && !(facts->flags & TL_FACT_FORKED))
    take_parent(facts, from, result(slot), tl_fact_words(facts)[words] ? TL_RESULT_NEW : TL_RESULT_CLAUSES,
                words);
  for (u32 n = 0; n < ANCESTORS_MAX; n++) {
    u32 tgid = ancestor->tgid;

    if (tgid == 0) {
      done = true;
      break;
    }
    from = tl_facts_of(tgid);
    if (from) {
      for (u32 i = 0; i < words; i++)
        tl_fact_words(facts)[i] |= tl_fact_words(from)[i] & result(slot)[TL_RESULT_FOLLOWS * words + i];
      if (from->settled == version) {
        done = true;
        break;
      }
    }
    ancestor = ancestor->real_parent;
  }
  if (done)
    facts->settled = version;
  else
    bpf_seq_write(ctx->meta->seq, &mark, sizeof(mark));
  tl_slot_put(slot);
  return 0;
}

char facts_license[] SEC("license") = "GPL";
