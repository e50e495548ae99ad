/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls that are reported when they return. The entry sends a record of its own and notes the call; the return looks
 * for the note. Both records are one event (src/event). Where the entry has no record, because it is not to be posted
 * or the ring was full, the call is noted all the same: the actions of the return do not depend on the event.
 *
 * A call that never returns, or more than TL_ENTRIES_MAX at once, leaves a note behind that is evicted by newer ones:
 * fail-open, no event. So does one whose return the kernel did not report. In code of user space calls often end so, by
 * longjmp; there the next call of the thread that is as deep in the stack removes the note (tl_entry_forget), or the return
 * of a call that nobody asked about would be taken for that of the other one.
 */
#ifndef TRIPLINE_LIB_ENTRY_BPF_H
#define TRIPLINE_LIB_ENTRY_BPF_H

#include "abi/scratch.h"
#include "kernel/task.h"
#include "kernel/types.h"
#include "lib/maps.bpf.h"

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, TL_ENTRIES_MAX);
  __type(key, struct tl_entry_key);
  __type(value, struct tl_entry);
} tl_entries SEC(".maps") __weak;

#ifndef TL_TYPED
enum { TL_STACK_POINTER = 19 }; /* word of x86-64's struct pt_regs */

/* Calls of a thread whose returns the kernel follows (MAX_URETPROBE_DEPTH): of any deeper one it reports none. */
enum { TL_RETURNS_MAX = 64 };

static __always_inline bool tl_too_deep(void) {
#ifdef TL_OLD_KERNEL
  struct task_struct* task = (void*)bpf_get_current_task();

  return bpf_core_field_exists(task->utask) && BPF_CORE_READ(task, utask, depth) >= TL_RETURNS_MAX;
#else
  struct task_struct* task = bpf_get_current_task_btf();

  return bpf_core_field_exists(task->utask) && task->utask && task->utask->depth >= TL_RETURNS_MAX;
#endif
}
#endif

/*
 * Tells one call of a function by a thread from those that it is nested in: its place on the stack. For typed programs
 * that is their context, which entry and return of a call share; for the others the address of the return address,
 * which is gone from the stack when the function has returned. 0: the return will not be reported. `what`: enum tl_frame.
 */
TL_LIBRARY int tl_entry_frame(u64* context, struct tl_slot* slot, u32 what) {
#ifdef TL_TYPED
  (void)what;
  slot->frame = (u64)context;
#else
  slot->frame = context[TL_STACK_POINTER] - (what & TL_FRAME_RETURNED ? sizeof(u64) : 0);
  if ((what & TL_FRAME_FOLLOWED) && tl_too_deep()) slot->frame = 0;
#endif
  return 0;
}

#ifndef TL_TYPED
/*
 * Removes what an earlier call of the thread left behind that was as deep in the stack as this one, which begins. Nothing
 * of that call is lost: selector counter `index` tells of it as of one that returned.
 */
TL_LIBRARY int tl_entry_forget(u64* context, u32 pair, u32 index) {
  struct tl_entry_key key = {
      .thread = bpf_get_current_pid_tgid(), .frame = context[TL_STACK_POINTER], .pair = pair};
  struct tl_entry* entry = bpf_map_lookup_elem(&tl_entries, &key);
  struct tl_counter* counter;

  if (!entry) return 0;
  counter = bpf_map_lookup_elem(&tl_counters, &index);
  if (counter && entry->time) __sync_fetch_and_add(&counter->returned, 1);
  if (!bpf_map_delete_elem(&tl_entries, &key)) __sync_fetch_and_add(&tl_control.noted, -1);
  return 0;
}
#endif

/* Notes the call that slot->entry is about; `time`: see struct tl_entry. */
static __always_inline void tl_entry_keep(struct tl_slot* slot, u32 pair, u64 time) {
  struct tl_entry_key key = {.thread = bpf_get_current_pid_tgid(), .frame = slot->frame, .pair = pair};
  struct tl_entry entry = slot->entry; /* a map's value cannot come from an argument's memory before 6.2 */

  if (!slot->frame) return;
  entry.time = time;
  /* Before it is there, and again for one that it replaces: never less than there are. */
  __sync_fetch_and_add(&tl_control.noted, 1);
  bpf_map_update_elem(&tl_entries, &key, &entry, BPF_ANY);
}

/* Notes a call that has no record. */
TL_SHARED int tl_entry_note(struct tl_slot* slot, u32 pair) {
  if (slot) tl_entry_keep(slot, pair, 0);
  return 0;
}

/* Was the call noted? Then its note moves to slot->entry, and selector counter `index` tells of one with a record. */
TL_SHARED u32 tl_entry_take(struct tl_slot* slot, u32 pair, u32 index) {
  struct tl_entry_key key = {.thread = bpf_get_current_pid_tgid(), .pair = pair};
  struct tl_counter* counter;
  struct tl_entry* entry;

  if (!slot) return 0; /* never generated */
  key.frame = slot->frame;
  entry = bpf_map_lookup_elem(&tl_entries, &key);
  if (!entry) return 0;
  slot->entry = *entry;
  counter = bpf_map_lookup_elem(&tl_counters, &index);
  if (counter && entry->time) __sync_fetch_and_add(&counter->returned, 1);
  if (!bpf_map_delete_elem(&tl_entries, &key)) __sync_fetch_and_add(&tl_control.noted, -1);
  return 1;
}

#endif
