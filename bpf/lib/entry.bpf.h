/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls that are reported when they return. The entry sends a record of its own and notes the call; the return looks
 * for the note. Both records are one event (src/event). A call that never returns, or more than TL_ENTRIES_MAX at once,
 * leaves a note behind that gives way to newer ones: fail-open, no event.
 */
#ifndef TRIPLINE_LIB_ENTRY_BPF_H
#define TRIPLINE_LIB_ENTRY_BPF_H

#include "abi/scratch.h"
#include "kernel/types.h"
#include "lib/maps.bpf.h"

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, TL_ENTRIES_MAX);
  __type(key, struct tl_entry_key);
  __type(value, struct tl_entry);
} tl_entries SEC(".maps") __weak;

/* Notes the call that slot->entry and the slot's record are about. */
static __always_inline void tl_entry_keep(struct tl_slot* slot, u32 pair) {
  struct tl_entry_key key = {.thread = bpf_get_current_pid_tgid(), .pair = pair};
  struct tl_record* record = (void*)slot->record;
  struct tl_entry entry = slot->entry; /* a map's value cannot come from an argument's memory before 6.2 */

  entry.time = record->time;
  entry.selector = record->selector;
  bpf_map_update_elem(&tl_entries, &key, &entry, BPF_ANY);
}

/* Is there such a call? Then its note moves to slot->entry, and selector counter `index` tells. */
TL_SHARED u32 tl_entry_take(struct tl_slot* slot, u32 pair, u32 index) {
  struct tl_entry_key key = {.thread = bpf_get_current_pid_tgid(), .pair = pair};
  struct tl_entry* entry = bpf_map_lookup_elem(&tl_entries, &key);
  struct tl_counter* counter;

  if (!slot || !entry) return 0;
  slot->entry = *entry;
  counter = bpf_map_lookup_elem(&tl_counters, &index);
  if (counter) __sync_fetch_and_add(&counter->returned, 1);
  bpf_map_delete_elem(&tl_entries, &key);
  return 1;
}

#endif
