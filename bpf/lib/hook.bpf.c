/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The runtime library of hook programs. The compiler generates the decisions; what reads kernel structures, builds a
 * record or sends it is here. Built in variants (bpf/objects.cmake): TL_TYPED for programs whose arguments are typed
 * kernel pointers (direct loads), else for programs that get plain addresses (probe reads); TL_OLD_KERNEL for kernels
 * before 5.17, without bpf_loop, atomic operations that fetch, and (before 5.11) bpf_get_current_task_btf.
 */
#include "abi/scratch.h"
#include "kernel/fs.h"
#include "kernel/task.h"
#include "lib/maps.bpf.h"
#include "lib/net.bpf.h"
#include "lib/object.bpf.h"
#include "lib/present.bpf.h"
#include "lib/read.bpf.h"

#include "lib/path.bpf.h"

/* Below it are no objects; NULL and small errors are. */
enum { TL_LOWEST_ADDRESS = 4096 };

/* Bytes of a value that are copied without a helper: two words, or all of the larger number. */
enum { TL_RECORD_TINY = 16, TL_RECORD_SHORT = 64 };

enum { TL_WALK_TYPED = 12 }; /* components read by direct loads before the general walk takes over */

/*
 * What is called for every selector is a global function where the kernel takes pointers to memory in those (5.12): it
 * is then verified once, not again at every call, and a program for a thousand policies loads.
 */
#ifdef TL_OLD_KERNEL
#define TL_SHARED TL_LIBRARY
#else
#define TL_SHARED __attribute__((noinline))
#endif

/* What all programs share (D8); the loader maps it. */
struct tl_control tl_control SEC(".data.tl_control");

#include "lib/entry.bpf.h"
#include "lib/resolve.bpf.h"
#include "lib/tracepoint.bpf.h"

/* Of the calling thread, among those that are handed over. The idle tasks of all CPUs have the same id. */
static __always_inline u64 tl_thread(void) {
  u64 thread = bpf_get_current_pid_tgid();

  return thread ? thread : ~(u64)bpf_get_smp_processor_id();
}

/*
 * The hook has an old and a new program for a moment, and both run at every call, always in the same order. The one that
 * runs first hands the thread over from the old one to the new one: it has the call ahead of it, while a call that was
 * past it when the epoch changed was the old one's. The one that runs second goes by that: a thread that was not handed
 * over in this epoch is the old one's still. So no call is judged twice, none by nobody.
 *
 * At functions the new one runs first: trampolines, kprobes and their lists add to the front (bpf_trampoline_add_prog(),
 * add_new_kprobe(), add_ftrace_ops()). At tracepoints the old one does (func_add() of kernel/tracepoint.c,
 * bpf_prog_array_copy()).
 */
TL_LIBRARY int tl_take(u32 epoch) {
  u64 thread = tl_thread();

  return bpf_map_update_elem(&tl_handover, &thread, &epoch, BPF_ANY);
}

/* Was this thread handed over? */
TL_LIBRARY u32 tl_taken(u32 epoch) {
  u64 thread = tl_thread();
  u32* taken = bpf_map_lookup_elem(&tl_handover, &thread);

  return taken && *taken == epoch;
}

static __always_inline void tl_count_unjudged(void) {
  u32 zero = 0;
  struct tl_life_counter* counter = bpf_map_lookup_elem(&tl_life_count, &zero);

  if (counter) __sync_fetch_and_add(&counter->unjudged, 1);
}

/*
 * A free slot of this CPU, held until tl_slot_put; NULL when more than TL_SLOTS programs nest. Fail-open: the call is
 * not judged, and counted as such.
 */
TL_LIBRARY struct tl_slot* tl_slot_get(void) {
  u32 first = bpf_get_smp_processor_id() * TL_SLOTS;

  for (u32 i = 0; i < TL_SLOTS; i++) {
    u32 key = first + i;
    struct tl_slot* slot = bpf_map_lookup_elem(&tl_scratch, &key);

    if (!slot) break;
#ifdef TL_OLD_KERNEL
    /*
     * Programs are not preempted before 5.12, interruptions nest: test and set need not be one step. From 5.12 to 5.16
     * they should be (docs/decisions/002).
     */
    if (slot->busy) continue;
    slot->busy = 1;
    slot->key = key;
#else
    if (__sync_val_compare_and_swap(&slot->busy, 0, 1) != 0) continue;
#endif
    return slot;
  }
  tl_count_unjudged();
  return NULL;
}

TL_LIBRARY int tl_slot_put(struct tl_slot* slot) {
  if (slot) *(volatile u32*)&slot->busy = 0;
  return 0;
}

#ifdef TL_OLD_KERNEL
__attribute__((noinline)) int tl_walk_part_by_key(u32 key, u32 at) {
  struct tl_slot* slot = bpf_map_lookup_elem(&tl_scratch, &key);
  u8* buffer = tl_buffer_at(slot, at);

  return slot && buffer ? tl_walk_part((void*)slot->walk, buffer) : 0;
}

__attribute__((noinline)) int tl_walk_by_key(u32 key, u32 at) {
  struct tl_slot* slot = bpf_map_lookup_elem(&tl_scratch, &key);

  return slot ? tl_walk_parts((void*)slot->walk, key, at) : 0;
}
#endif

/* Notes what the walk is for; see tl_walk_by_key. */
static __always_inline void tl_walk_in(struct tl_walk* walk, struct tl_slot* slot, u32 at) {
#ifdef TL_OLD_KERNEL
  walk->slot = slot->key;
  walk->at = at;
#else
  (void)walk, (void)slot, (void)at;
#endif
}

#ifdef TL_TYPED /* where it is plain, a file is one of the places of lib/place.bpf.h */
static __always_inline u32 tl_file_walk(struct file* file, struct tl_walk* walk, u8* buffer) {
#ifndef TL_OLD_KERNEL
  struct task_struct* task = bpf_get_current_task_btf();
  struct fs_struct* fs = task->fs;
  struct dentry* root_dentry = fs->root.dentry;
  struct vfsmount* root_mnt = fs->root.mnt;
  struct vfsmount* mnt = file->f_path.mnt;
  struct dentry* dentry = file->f_path.dentry;
  struct dentry* mnt_root = mnt->mnt_root;
  u32 start = TL_PATH_END;

  if ((u64)dentry < TL_LOWEST_ADDRESS) return TL_PATH_END; /* a file that is being made: an empty path */
  /* As tl_unlinked(); of the inode see tl_file_value(). */
  if (!dentry->d_hash.pprev && dentry->d_parent != dentry && (u64)dentry->d_inode >= TL_LOWEST_ADDRESS)
    start = tl_walk_deleted(buffer);
  for (u32 i = 0; i < TL_WALK_TYPED; i++) {
    struct dentry* parent = dentry->d_parent;

    if (dentry == mnt_root || dentry == root_dentry || dentry == parent) break;
    if (!tl_walk_prepend_typed(buffer, &start, dentry)) return TL_PATH_END | TL_PATH_UNRESOLVED;
    dentry = parent;
  }
  walk->dentry = (u64)dentry;
  walk->mnt = (u64)mnt;
  walk->mnt_root = (u64)mnt_root;
  walk->root_dentry = (u64)root_dentry;
  walk->root_mnt = (u64)root_mnt;
  walk->start = start;
  if (dentry == root_dentry && mnt == root_mnt && start < TL_PATH_END - TL_DELETED)
    return start & TL_PATH_START;
  return tl_walk_finish(walk, buffer);
#else
  struct task_struct* task = (void*)bpf_get_current_task();
  u64 dentry = (u64)file->f_path.dentry;

  if (dentry < TL_LOWEST_ADDRESS) return TL_PATH_END; /* a file that is being made: an empty path */
  return tl_path_build(walk, (u64)file->f_path.mnt, dentry, (u64)BPF_CORE_READ(task, fs, root.mnt),
                       (u64)BPF_CORE_READ(task, fs, root.dentry), buffer);
#endif
}

/*
 * Path of `file` seen by the calling process, in the buffer of value `at`, and what else an event says of it in the
 * value. Returns enum tl_path_value.
 */
TL_LIBRARY u32 tl_file_value(struct file* file, struct tl_slot* slot, u32 at) {
  struct tl_walk* walk = (void*)slot->walk;
  struct tl_value* value = tl_value_at(slot, at);
  u8* buffer = tl_buffer_at(slot, at);
  struct inode* inode;
  u32 path;

  if (!value || !buffer) return TL_PATH_END | TL_PATH_UNRESOLVED; /* never generated */
  tl_walk_in(walk, slot, at);
  value->path.head.size = 0;
  value->path.head.status = TL_VALUE_OK;
  value->path.mode = 0;
  value->path.flags = TL_PATH_FLAG_NO_INODE;
  value->path.reserved = 0;
  if (!file) return TL_PATH_END; /* a call without a file, such as an anonymous mapping: an empty path */
  path = tl_file_walk(file, walk, buffer);
  inode = file->f_inode;
  value->path.flags = path & TL_PATH_UNRESOLVED ? TL_PATH_FLAG_UNRESOLVED : 0;
  /*
   * The verifier of 6.4 and later takes the inode of a file that it trusts for one that is there, drops a comparison
   * with NULL, and a load from it is not guarded; but a file that is being made has none. It keeps this comparison.
   */
  if ((u64)inode >= TL_LOWEST_ADDRESS)
    value->path.mode = inode->i_mode;
  else
    value->path.flags |= TL_PATH_FLAG_NO_INODE;
  value->from = path & TL_PATH_START;
  value->path.head.size = TL_PATH_END - value->from;
  return path;
}
#endif

#include "lib/find.bpf.h"
#include "lib/place.bpf.h"
#include "lib/text.bpf.h"

#ifdef TL_TYPED
/*
 * Argument `index` as a number, where the verifier refuses a load because of its type. Behind the last argument is what
 * the function returned.
 */
TL_LIBRARY u64 tl_saved_argument(u64* context, u32 index) {
  u64 out = 0;

  bpf_probe_read_kernel(&out, sizeof(out), context + index);
  return out;
}

#ifndef TL_OLD_KERNEL
/* The same at a function's entry and return, in a tenth of the time. Not for what is returned. */
TL_LIBRARY u64 tl_argument(u64* context, u32 index) {
  u64 out = 0;

  bpf_get_func_arg(context, index, &out);
  return out;
}
#endif
#endif

#include "lib/data.bpf.h"

/* 8 bytes of kernel memory at `base` + `offset`; 0 when it cannot be read. */
TL_LIBRARY u64 tl_peek(u64 base, u32 offset) {
  u64 out = 0;

  bpf_probe_read_kernel(&out, sizeof(out), (void*)(base + offset));
  return out;
}

/* Opens the record in the slot: its header, for a schema and a selector of it. */
TL_SHARED int tl_record_begin(struct tl_slot* slot, u32 schema, u32 selector) {
  struct tl_record* record;
  u64 id = bpf_get_current_pid_tgid();

  if (!slot) return 0; /* never generated */
  record = (void*)slot->record;
  record->kind = TL_RECORD_HOOK;
  record->reserved = 0;
  record->time = bpf_ktime_get_ns();
  record->tgid = id >> 32;
  record->tid = (u32)id;
  record->schema = schema;
  record->selector = selector;
  return 0;
}

#ifndef TL_OLD_KERNEL
/* More bytes than there may be, without a branch for each word: the verifier follows both sides of every one. */
static __always_inline void tl_record_words(u8* to, const u8* from, u32 size) {
  for (u32 i = 0; i < size; i += sizeof(u64)) *(u64*)(to + i) = *(const u64*)(from + i);
}
#endif

/*
 * Value `at` in the record: its fixed part of `size` bytes at offset `place`, its bytes at `end`, the bytes written so
 * far. Returns the new end.
 */
TL_SHARED u32 tl_record_value(struct tl_slot* slot, u32 at, u32 place, u32 size, u32 end) {
  struct tl_value* value;
  struct tl_field* head;
  u32 bytes, from, to;
  u8* buffer;

  if (!slot) return end; /* this and what follows is never generated */
  value = tl_value_at(slot, at);
  if (!value) return end;
  buffer = tl_buffer_at(slot, at);
  if (!buffer || place > TL_RECORD_FIXED_MAX - sizeof(value->words)) return end;
  head = (void*)slot->record + place;
  for (u32 i = 0; i < TL_VALUE_WORDS; i++) {
    if (i * sizeof(u64) < size) ((u64*)head)[i] = value->words[i];
  }
  bytes = value->head.size;
  from = value->from;
  if (bytes == 0) return end;
  to = end;
  barrier_var(to);    /* or the mask, which loses nothing, goes, and with it the bound */
#ifndef TL_OLD_KERNEL /* there this is verified at each call, and three ways out of it are too many */
  if (bytes <= TL_RECORD_SHORT && from <= TL_PATH_END && end <= TL_RECORD_MAX - TL_PATH_END) {
    u8* out = slot->record + (to & TL_RECORD_MASK);

    barrier_var(buffer); /* it was compared in a way that the verifier of 6.1 does not follow */
    if (!buffer) return end;
    tl_record_words(out, buffer + from, TL_RECORD_TINY);
    if (bytes > TL_RECORD_TINY)
      tl_record_words(out + TL_RECORD_TINY, buffer + from + TL_RECORD_TINY, TL_RECORD_SHORT - TL_RECORD_TINY);
    return end + bytes;
  }
#endif
  if (bytes > TL_PATH_END || from > TL_PATH_END || end > TL_RECORD_MAX - TL_PATH_END ||
      bpf_probe_read_kernel(slot->record + (to & TL_RECORD_MASK), bytes, buffer + from)) {
    head->size = 0; /* never generated: the bounds hold */
    return end;
  }
  return end + bytes;
}

/* Writes the record of `size` bytes; false when there is no room, which is counted as a loss. */
static __always_inline bool tl_record_write(struct tl_slot* slot, u32 size, struct tl_counter* counter) {
  struct tl_record* record = (void*)slot->record;

  if (size > TL_RECORD_MAX) size = TL_RECORD_MAX; /* never generated; bounds the copy */
  record->size = size;
  if (!bpf_ringbuf_output(&tl_events, record, size, 0)) return true;
  if (counter) __sync_fetch_and_add(&counter->lost, 1);
  return false;
}

/* Sends the record of `size` bytes; counts it as posted or lost for selector counter `index`. */
TL_SHARED int tl_record_send(struct tl_slot* slot, u32 size, u32 index) {
  struct tl_counter* counter = bpf_map_lookup_elem(&tl_counters, &index);

  if (!slot) return 0; /* never generated */
  if (tl_record_write(slot, size, counter) && counter) __sync_fetch_and_add(&counter->posted, 1);
  return 0;
}

/* Likewise of a call that is posted when it returns. It is opened now; when it is lost now, there will be no event. */
TL_SHARED int tl_entry_send(struct tl_slot* slot, u32 size, u32 index, u32 pair) {
  struct tl_counter* counter = bpf_map_lookup_elem(&tl_counters, &index);

  if (!slot) return 0; /* never generated */
  if (!slot->frame) {  /* opened, and nobody will see its end: there are too many calls at once */
    if (counter) __sync_fetch_and_add(&counter->opened, 1);
    return 0;
  }
  if (!tl_record_write(slot, size, counter)) return tl_entry_note(slot, pair);
  tl_entry_keep(slot, pair, ((struct tl_record*)slot->record)->time);
  if (counter) __sync_fetch_and_add(&counter->opened, 1);
  return 0;
}

/* Counts an outcome of selector counter `index`: byte offset of the member of struct tl_counter. */
TL_SHARED int tl_count(u32 index, u32 member) {
  struct tl_counter* counter = bpf_map_lookup_elem(&tl_counters, &index);

  if (counter && member <= sizeof(*counter) - sizeof(u64))
    __sync_fetch_and_add((u64*)((void*)counter + (member & 0x78)), 1);
  return 0;
}

#include "lib/enforce.bpf.h"
#include "lib/rate.bpf.h"
#include "lib/stack.bpf.h"
#include "lib/track.bpf.h"

char tl_license[] SEC("license") = "GPL";
