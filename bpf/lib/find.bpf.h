/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is the needle in a text? By Knuth, Morris and Pratt: the generated code puts the needle and its table of fallbacks
 * into the slot, so that no text takes more than two steps for each of its bytes, however it was chosen.
 */
#ifndef TRIPLINE_LIB_FIND_BPF_H
#define TRIPLINE_LIB_FIND_BPF_H

#include "abi/scratch.h"
#include "kernel/types.h"
#include "lib/maps.bpf.h"

enum tl_find_limit {
  TL_FIND_STEPS = 2 * TL_TEXT_MAX,
  TL_FIND_BATCH = 8, /* steps of one turn of the loop */
};

/* Where a search stands. It overlays slot->walk: map memory, so that what is stored there is a plain number. */
struct tl_find {
  u32 at;  /* offset of the next byte in the buffer */
  u32 end; /* of the first byte behind the text */
  u32 matched;
  u32 size; /* of the needle */
  u32 fold; /* 1: letters of ASCII are compared as small ones; the needle is so already */
  u32 found;
};

/* 1 when a < b, of numbers below 2^31; by arithmetic, see tl_find_step. */
static __always_inline u32 tl_find_less(u32 a, u32 b) {
  u32 less = (a - b) >> 31;

  barrier_var(less);
  return less;
}

/*
 * One step; nothing at the end of the search. Without a branch: kernels without bpf_loop walk through every turn of the
 * loop below when they verify it, and count the branches that they have yet to look at.
 */
static __always_inline void tl_find_step(struct tl_slot* slot, const u8* buffer) {
  struct tl_find* find = (void*)slot->walk;
  u32 at = find->at, matched = find->matched & (TL_NEEDLE_MAX - 1);
  u32 byte = buffer[at & (TL_BUFFER_SIZE - 1)];
  u32 fallback = slot->needle.fallback[matched], size = find->size;
  u32 live = tl_find_less(at, find->end) & ~find->found;
  u32 equal;

  byte += ('a' - 'A') * (tl_find_less((byte - 'A') & 0xff, 26) & find->fold);
  equal = tl_find_less(slot->needle.text[matched] ^ byte, 1);
  find->at = at + (live & (equal | tl_find_less(matched, 1)));
  find->found |= live & equal & ~tl_find_less(matched + 1, size);
  find->matched = fallback ^ ((fallback ^ (matched + 1)) & -equal);
}

/* Some steps; false when the search is at its end. */
static __always_inline bool tl_find_steps(struct tl_slot* slot, const u8* buffer) {
  struct tl_find* find = (void*)slot->walk;

  for (u32 i = 0; i < TL_FIND_BATCH; i++) tl_find_step(slot, buffer);
  return tl_find_less(find->at, find->end) & ~find->found;
}

#ifdef TL_OLD_KERNEL
static __always_inline void tl_find_all(struct tl_slot* slot, const u8* buffer) {
  for (u32 i = 0; i < TL_FIND_STEPS / TL_FIND_BATCH; i++) {
    if (!tl_find_steps(slot, buffer)) break;
  }
}
#else
struct tl_find_context {
  struct tl_slot* slot;
  const u8* buffer;
};

static long tl_find_each(u32 index, struct tl_find_context* context) {
  (void)index;
  return !tl_find_steps(context->slot, context->buffer);
}

static __always_inline void tl_find_all(struct tl_slot* slot, const u8* buffer) {
  struct tl_find_context context = {.slot = slot, .buffer = buffer};

  bpf_loop(TL_FIND_STEPS / TL_FIND_BATCH, tl_find_each, &context, 0);
}
#endif

static __always_inline u32 tl_find_in(struct tl_slot* slot, u32 at, u32 what) {
  struct tl_value* value = tl_value_at(slot, at);
  u8* buffer = tl_buffer_at(slot, at);
  struct tl_find* find;

  /* Or it is not compared itself: Linux 6.1 takes the slot to be possibly NULL even here, and the buffer then is. */
  barrier_var(buffer);
  if (!value || !buffer) return 0; /* never generated */
  find = (void*)slot->walk;
  find->at = value->from;
  find->end = value->from + value->head.size;
  find->matched = 0;
  find->size = what & TL_FIND_SIZE;
  find->fold = (what & TL_FIND_FOLD) != 0;
  find->found = 0;
  if (find->size > value->head.size) return 0;
  tl_find_all(slot, buffer);
  return find->found;
}

/* Does the text of value `at` hold the needle that is in the slot? `what`: enum tl_find_what. */
#ifdef TL_OLD_KERNEL
/* A function that is verified once takes no pointers there: the slot is looked up by its key. */
__attribute__((noinline)) int tl_find_by_key(u32 key, u32 at, u32 what) {
  struct tl_slot* slot = bpf_map_lookup_elem(&tl_scratch, &key);

  return slot ? tl_find_in(slot, at, what) : 0;
}

TL_LIBRARY u32 tl_find(struct tl_slot* slot, u32 at, u32 what) {
  return slot ? tl_find_by_key(slot->key, at, what) : 0;
}
#else
TL_SHARED u32 tl_find(struct tl_slot* slot, u32 at, u32 what) {
  if (!slot) return 0; /* never generated */
  barrier_var(slot);   /* or what is compared with NULL later is computed before this */
  return tl_find_in(slot, at, what);
}
#endif

#endif
