/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by all functions that put a value into a slot. */
#ifndef TRIPLINE_LIB_READ_BPF_H
#define TRIPLINE_LIB_READ_BPF_H

#include "abi/scratch.h"
#include "kernel/types.h"

/* The value at `at` and its buffer; NULL when `at` is none, which is never generated. */
static __always_inline struct tl_value* tl_value_at(struct tl_slot* slot, u32 at) {
  u32 index = at & TL_AT_INDEX;

  if (!slot || index >= TL_VALUES) return NULL;
  return &slot->value[index];
}

static __always_inline u8* tl_buffer_at(struct tl_slot* slot, u32 at) {
  u32 index = at >> TL_AT_BUFFER;

  if (!slot || index >= TL_BUFFERS) return NULL;
  return slot->buffer[0] + index * TL_BUFFER_SIZE;
}

static __always_inline void tl_value_clear(struct tl_value* value) {
  value->from = 0;
  for (u32 i = 0; i < TL_VALUE_WORDS; i++) value->words[i] = 0;
}

/* Likewise, all of it 0: what is not filled in is not there. */
static __always_inline struct tl_value* tl_value_open(struct tl_slot* slot, u32 at) {
  struct tl_value* value = tl_value_at(slot, at);

  if (value) tl_value_clear(value);
  return value;
}

static __always_inline u32 tl_bad_address(struct tl_value* value) {
  tl_value_clear(value);
  value->head.status = TL_VALUE_BAD_ADDRESS;
  return TL_VALUE_BAD_ADDRESS;
}

/*
 * An address that a process chose. One of the kernel becomes nobody's, and reading there fails, as it does for the process.
 * The generated code does the same to what a hook is passed.
 */
static __always_inline u64 tl_of_process(u64 address) { return address & ~(1ULL << 63); }

/* Memory of the kernel is in the upper half of the addresses, that of processes in the lower one. */
static __always_inline long tl_copy(void* to, u32 size, u64 from) {
  return (s64)from < 0 ? bpf_probe_read_kernel(to, size, (void*)from)
                       : bpf_probe_read_user(to, size, (void*)from);
}

/* Text up to its NUL, and the NUL; the number of bytes. */
static __always_inline long tl_copy_text(void* to, u32 size, u64 from) {
  return (s64)from < 0 ? bpf_probe_read_kernel_str(to, size, (void*)from)
                       : bpf_probe_read_user_str(to, size, (void*)from);
}

#endif
