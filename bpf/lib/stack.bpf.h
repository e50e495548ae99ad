/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stacks at the hook, of the kernel or of the process, innermost frame first. The kernel's begins with our own frames,
 * which have no place in an event: src/event/stack.h leaves them out.
 */
#ifndef TRIPLINE_LIB_STACK_BPF_H
#define TRIPLINE_LIB_STACK_BPF_H

#include "abi/scratch.h"
#include "kernel/types.h"

enum { TL_STACK_SIZE = TL_STACK_FRAMES * sizeof(u64) };

/*
 * The stack in the record: its fixed part at offset `place`, its frames at `end`, the bytes written so far. Returns the
 * new end. A stack that cannot be walked is empty; so is one for which there is no room. Not shared: the context is no
 * memory to a global function.
 */
TL_LIBRARY u32 tl_stack(u64* context, struct tl_slot* slot, u32 place, u32 end, u32 user) {
  struct tl_field* head;
  u32 to = end;
  long size;

  if (!slot || place > TL_RECORD_FIXED_MAX - sizeof(*head)) return end; /* never generated */
  head = (void*)slot->record + place;
  head->size = 0;
  head->status = TL_VALUE_OK;
  if (to > TL_RECORD_MAX - TL_STACK_SIZE) return end;
  size = bpf_get_stack(context, slot->record + to, TL_STACK_SIZE, user ? BPF_F_USER_STACK : 0);
  if (size <= 0 || size > TL_STACK_SIZE) return end;
  head->size = size;
  return end + size;
}

#endif
