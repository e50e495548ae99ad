/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rate limits of Post: an event is held back when one with the same key was posted less than an interval ago. An
 * event that is held back does not restart the interval. Old keys are evicted by newer ones: fail-open, an extra
 * event is posted.
 */
#ifndef TRIPLINE_LIB_RATE_BPF_H
#define TRIPLINE_LIB_RATE_BPF_H

#include "abi/scratch.h"
#include "kernel/types.h"

/* Value: when the last one was posted. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, TL_RATES_MAX);
  __type(key, struct tl_rate_key);
  __type(value, u64);
} tl_rates SEC(".maps") __weak;

enum { TL_NS_OF_MS = 1000000 };

/* Opens slot->rate, without values. */
TL_SHARED int tl_rate_begin(struct tl_slot* slot, u32 hook) {
  u64* words;

  if (!slot) return 0; /* never generated */
  words = (u64*)&slot->rate;
  for (u32 i = 0; i < sizeof(slot->rate) / sizeof(u64); i++) words[i] = 0;
  slot->rate.hook = hook;
  return 0;
}

/*
 * Value `number` of the key, from its field in the record: fixed part at `place`, size and first byte that counts in
 * `shape` (TL_RATE_SKIP), bytes of variable length, if it has any, at `bytes`.
 */
TL_SHARED int tl_rate_value(struct tl_slot* slot, u32 number, u32 place, u32 shape, u32 bytes) {
  u32 fixed = shape & 0xff, skip = (shape >> TL_RATE_SKIP) & 0x78, size;
  struct tl_rate_value* value;
  struct tl_field* head;

  if (!slot || number >= TL_RATE_VALUES || place > TL_RECORD_FIXED_MAX - 256 ||
      bytes > TL_RECORD_MAX - TL_RATE_CONTENT)
    return 0; /* never generated */
  value = &slot->rate.value[number];
  head = (void*)slot->record + place;
  value->head = *head;
  size = head->size;
  if (size > 0) {
    if (size > TL_RATE_CONTENT) size = TL_RATE_CONTENT;
    bpf_probe_read_kernel(value->content, size, slot->record + bytes);
    return 0;
  }
  for (u32 i = 0; i < TL_RATE_CONTENT / sizeof(u64); i++) {
    u32 at = skip + i * sizeof(u64);

    if (at < fixed) ((u64*)value->content)[i] = *(u64*)((void*)head + at);
  }
  return 0;
}

/*
 * May the event be posted? Then that is noted. `what`: TL_RATE_SCOPE; `interval` in milliseconds. Not shared: memory
 * that a global function is given is no key of a map before 6.6.
 */
TL_LIBRARY u32 tl_rate_allows(struct tl_slot* slot, u32 what, u32 interval) {
  u64 thread = bpf_get_current_pid_tgid(), now, last;
  u32 scope = what >> TL_RATE_SCOPE;
  u64* posted;

  if (!slot) return 1; /* never generated */
  slot->rate.previous = what & 0xffff;
  slot->rate.scope = scope == TL_RATE_THREAD ? thread : scope == TL_RATE_PROCESS ? thread >> 32 : 0;
  now = ((struct tl_record*)slot->record)->time;
  posted = bpf_map_lookup_elem(&tl_rates, &slot->rate);
  if (!posted) {
    if (!bpf_map_update_elem(&tl_rates, &slot->rate, &now, BPF_NOEXIST)) return 1;
    posted = bpf_map_lookup_elem(&tl_rates, &slot->rate); /* another CPU was first */
    if (!posted) return 1;                                /* fail-open */
  }
  last = *posted;
  if ((s64)(now - last) < (s64)((u64)interval * TL_NS_OF_MS)) return 0;
#ifdef TL_OLD_KERNEL
  *posted = now; /* two CPUs at once may both post */
  return 1;
#else
  return __sync_val_compare_and_swap(posted, last, now) == last;
#endif
}

#endif
