/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `resolve`: the generated code adds offsets and follows pointers by tl_follow. The first step that fails is kept in
 * slot->resolved; what is read after it is meaningless, and the value is marked at the end. Arguments of system calls
 * point into the memory of the process. So does whatever is found in that memory, which may have anything in it.
 */
#ifndef TRIPLINE_LIB_RESOLVE_BPF_H
#define TRIPLINE_LIB_RESOLVE_BPF_H

#include "abi/scratch.h"
#include "kernel/types.h"
#include "lib/read.bpf.h"

/*
 * The pointer or number at `address`, enum tl_resolve_number in `what`; 0 when it cannot be read: the next step then fails
 * too. Not shared: a typed pointer is not a number to a global function.
 */
TL_LIBRARY u64 tl_follow(u64 address, struct tl_slot* slot, u32 what) {
  u64 out = 0;

  if (!slot) return 0; /* never generated */
  if (tl_copy(&out, sizeof(out), address) && !slot->resolved)
    slot->resolved = TL_VALUE_BAD_STEP + (what & TL_FOLLOW_STEP);
  return (what & TL_FOLLOW_FURTHER) && (s64)address >= 0 ? tl_of_process(out) : out;
}

/* Value `at` is the number at `address`, enum tl_resolve_number in `what`. Returns it. */
TL_LIBRARY u64 tl_resolved_number(u64 address, struct tl_slot* slot, u32 at, u32 what) {
  u32 size = what & TL_RESOLVE_SIZE, index = at & TL_AT_INDEX;
  struct tl_number* number;
  u64 out = 0;

  if (!slot || index >= TL_VALUES || size == 0 || size > sizeof(out)) return 0; /* never generated */
  if (tl_copy(&out, size, address) && !slot->resolved)
    slot->resolved = TL_VALUE_BAD_STEP + (what >> TL_RESOLVE_STEP);
  if (slot->resolved) out = 0;
  if (what & TL_RESOLVE_SIGNED) out = (u64)((s64)(out << (64 - 8 * size)) >> (64 - 8 * size));
  number = (void*)slot->value[index].words;
  number->head.size = 0;
  number->head.status = slot->resolved;
  number->number = out;
  return out;
}

/* Marks value `at`, which was read from where the steps led, when they led nowhere. */
TL_SHARED int tl_resolved(struct tl_slot* slot, u32 at) {
  u32 index = at & TL_AT_INDEX;

  if (!slot || index >= TL_VALUES || !slot->resolved) return 0;
  for (u32 i = 1; i < TL_VALUE_WORDS; i++) slot->value[index].words[i] = 0;
  slot->value[index].head.size = 0;
  slot->value[index].head.status = slot->resolved;
  return 0;
}

#endif
