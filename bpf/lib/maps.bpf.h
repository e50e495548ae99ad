/* SPDX-License-Identifier: GPL-2.0-only */
/* The maps that hook programs share; names and values: abi/maps.h. An object has only those it includes. */
#ifndef TRIPLINE_LIB_MAPS_BPF_H
#define TRIPLINE_LIB_MAPS_BPF_H

#include "abi/scratch.h"
#include "lib/library.bpf.h"

/* One element for each CPU and slot: cpu * TL_SLOTS + slot; the loader sets max_entries. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, TL_SLOTS);
  __type(key, u32);
  __type(value, struct tl_slot);
} tl_scratch SEC(".maps") __weak;

/*
 * The loader sets max_entries: one element for each selector. Not per CPU: that would be thousands of allocations for
 * each CPU, and programs that interrupt one another on a CPU must add whole numbers all the same.
 */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct tl_counter);
} tl_counters SEC(".maps") __weak;

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct tl_life_counter);
} tl_life_count SEC(".maps") __weak;

/* Thread (tl_thread) -> epoch: in that epoch it was handed over to the programs that were born in it (tl_take). */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, TL_TASKS_MAX);
  __type(key, u64);
  __type(value, u32);
} tl_handover SEC(".maps") __weak;

/* The policy lane; the loader sets its size in bytes. */
struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} tl_events SEC(".maps") __weak;

#endif
