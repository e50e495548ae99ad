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
#include "lib/path.bpf.h"

#ifdef TL_TYPED
#define TL_READ(object, member) ((object)->member)
enum { TL_WALK_TYPED = 12 }; /* components read by direct loads before the general walk takes over */
#else
#define TL_READ(object, member) BPF_CORE_READ(object, member)
#endif

/*
 * What is called for every selector is a global function where the kernel takes pointers to memory in those (5.12): it
 * is then verified once, not again at every call, and a program for a thousand policies loads.
 */
#ifdef TL_OLD_KERNEL
#define TL_SHARED TL_LIBRARY
#else
#define TL_SHARED __attribute__((noinline))
#endif

/* epoch and ends of life of all programs (D8); the loader maps it. */
struct tl_control tl_control SEC(".data.tl_control");

/*
 * The hook has an old and a new program for a moment, and both run at every call, the new one first. A thread that the
 * new one has judged in this epoch is the new one's from here on; the old one judges the others, whose calls were
 * already past the new one when the epoch changed. So no call is judged twice, none by nobody.
 */
TL_LIBRARY int tl_take(u32 epoch) {
  u64 thread = bpf_get_current_pid_tgid();

  bpf_map_update_elem(&tl_handover, &thread, &epoch, BPF_ANY);
  return 0;
}

/* Is this thread the new program's? */
TL_LIBRARY u32 tl_taken(u32 epoch) {
  u64 thread = bpf_get_current_pid_tgid();
  u32* taken = bpf_map_lookup_elem(&tl_handover, &thread);

  return taken && *taken == epoch;
}

static __always_inline void tl_count_unjudged(void) {
  u32 zero = 0;
  struct tl_life_counter* counter = bpf_map_lookup_elem(&tl_life_count, &zero);

  if (counter) counter->unjudged++;
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
    /* Programs are not preempted before 5.12, interruptions nest: test and set need not be one step. */
    if (slot->busy) continue;
    slot->busy = 1;
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

static __always_inline u32 tl_file_walk(struct file* file, struct tl_walk* walk, u8* buffer) {
#if defined(TL_TYPED) && !defined(TL_OLD_KERNEL)
  struct task_struct* task = bpf_get_current_task_btf();
  struct fs_struct* fs = task->fs;
  struct dentry* root_dentry = fs->root.dentry;
  struct vfsmount* root_mnt = fs->root.mnt;
  struct vfsmount* mnt = file->f_path.mnt;
  struct dentry* dentry = file->f_path.dentry;
  struct dentry* mnt_root = mnt->mnt_root;
  u32 start = TL_PATH_END;

  if (!dentry->d_hash.pprev && dentry->d_parent != dentry) start = tl_walk_deleted(buffer);
  for (u32 i = 0; i < TL_WALK_TYPED; i++) {
    struct dentry* parent = dentry->d_parent;

    if (dentry == mnt_root || dentry == root_dentry || dentry == parent) break;
    if (!tl_walk_prepend(buffer, &start, dentry->d_name.name, dentry->d_name.len))
      return TL_PATH_END | TL_PATH_UNRESOLVED;
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

  return tl_path_build(walk, (u64)TL_READ(file, f_path.mnt), (u64)TL_READ(file, f_path.dentry),
                       (u64)BPF_CORE_READ(task, fs, root.mnt), (u64)BPF_CORE_READ(task, fs, root.dentry),
                       buffer);
#endif
}

/*
 * Path of `file` seen by the calling process, in path buffer `index` of the slot, and what else an event says of it in
 * the slot's file[index]. Returns enum tl_path_value.
 */
TL_LIBRARY u32 tl_file_path(struct file* file, struct tl_slot* slot, u32 index) {
  struct tl_walk* walk = (void*)slot->walk;
  u8* buffer = slot->path[0];
  struct tl_file* about;
  struct inode* inode;
  u32 value;

  if (index >= TL_PATHS) return TL_PATH_END | TL_PATH_UNRESOLVED; /* never generated */
  buffer += index * TL_PATH_BUFFER;
  about = &slot->file[index];
  if (!file) { /* a call without a file, such as an anonymous mapping: an empty path, no mode */
    __builtin_memset(about, 0, sizeof(*about));
    return TL_PATH_END;
  }
  value = tl_file_walk(file, walk, buffer);
  inode = TL_READ(file, f_inode);
  about->mode = inode ? TL_READ(inode, i_mode) : 0;
  about->flags = value & TL_PATH_UNRESOLVED ? TL_FILE_UNRESOLVED : 0;
  about->path_size = TL_PATH_END - (value & TL_PATH_START);
  return value;
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

/*
 * A file argument in the record: struct tl_file at offset `place`, its path at `end`, the bytes written so far. `index`
 * is that of the path's buffer. Returns the new end.
 */
TL_SHARED u32 tl_record_file(struct tl_slot* slot, u32 place, u32 index, u32 end) {
  struct tl_file* field;
  u32 size;

  if (!slot || index >= TL_PATHS || place > TL_RECORD_FIXED_MAX - sizeof(*field))
    return end; /* never generated */
  field = (void*)slot->record + place;
  *field = slot->file[index];
  field->path_size = 0;
  size = slot->file[index].path_size;
  if (size == 0 || size > TL_PATH_END || end > TL_RECORD_MAX - TL_PATH_END) return end;
  if (bpf_probe_read_kernel(slot->record + end, size,
                            slot->path[0] + index * TL_PATH_BUFFER + TL_PATH_END - size))
    return end;
  field->path_size = size;
  return end + size;
}

/* Sends the record of `size` bytes; counts it as posted or lost for selector counter `index`. */
TL_SHARED int tl_record_send(struct tl_slot* slot, u32 size, u32 index) {
  struct tl_counter* counter = bpf_map_lookup_elem(&tl_counters, &index);
  struct tl_record* record;
  long refused;

  if (!slot) return 0; /* never generated */
  record = (void*)slot->record;
  if (size > TL_RECORD_MAX) size = TL_RECORD_MAX; /* never generated; bounds the copy */
  record->size = size;
  refused = bpf_ringbuf_output(&tl_events, record, size, 0);
  if (counter) {
    if (refused)
      counter->lost++;
    else
      counter->posted++;
  }
  return 0;
}

/* Counts an outcome of selector counter `index`: byte offset of the member of struct tl_counter. */
TL_SHARED int tl_count(u32 index, u32 member) {
  struct tl_counter* counter = bpf_map_lookup_elem(&tl_counters, &index);

  if (counter && member <= sizeof(*counter) - sizeof(u64)) *(u64*)((void*)counter + (member & 0x38)) += 1;
  return 0;
}

char tl_license[] SEC("license") = "GPL";
