/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of a process that is not present: on disk still, or swapped out. Programs that can sleep bring it in before they
 * take scratch memory; what reads it then finds it. Fail-open: what cannot be brought in is an error in the value that is
 * read there, and filters on it fail.
 */
#ifndef TRIPLINE_LIB_PRESENT_BPF_H
#define TRIPLINE_LIB_PRESENT_BPF_H

#include "abi/scratch.h"
#include "kernel/io.h"
#include "kernel/types.h"

enum { TL_PAGE = 4096, TL_TEXT_SHORT = 64 };

static __always_inline void tl_present_at(u64 at) {
  u8 byte;

  if (bpf_probe_read_user(&byte, sizeof(byte), (void*)at)) bpf_copy_from_user(&byte, sizeof(byte), (void*)at);
}

/* At most TL_BYTES_MAX bytes: they are on two pages. */
TL_LIBRARY int tl_present(u64 at, u64 size) {
  u64 last;

  if (size == 0) return 0;
  if (size > TL_BYTES_MAX) size = TL_BYTES_MAX;
  last = at + size - 1;
  tl_present_at(at);
  if ((last ^ at) >= TL_PAGE) tl_present_at(last);
  return 0;
}

/* Text up to its NUL. Most is short and there, and nothing more is looked at. */
TL_LIBRARY int tl_present_text(u64 at) {
  u8 start[TL_TEXT_SHORT];
  long size = bpf_probe_read_user_str(start, sizeof(start), (void*)at);

  if (size >= 0 && size < (long)sizeof(start)) return 0;
  tl_present_at(at);
  tl_present_at((at | (TL_PAGE - 1)) + 1);
  return 0;
}

/* A pointer; 0 when it cannot be read. */
TL_LIBRARY u64 tl_present_pointer(u64 at) {
  u64 out = 0;

  if (bpf_probe_read_user(&out, sizeof(out), (void*)at)) bpf_copy_from_user(&out, sizeof(out), (void*)at);
  return out;
}

/* What `count` struct iovec name, as far as tl_iovec_value() reads them. */
TL_LIBRARY int tl_present_vectors(u64 at, u64 count) {
  for (u32 i = 0; i < TL_VECTORS && i < count; i++) {
    u64 base = tl_present_pointer(at + i * sizeof(struct tl_iovec));
    u64 size = tl_present_pointer(at + i * sizeof(struct tl_iovec) + sizeof(base));

    if (size > TL_VECTOR_MAX) return 0;
    tl_present(base, size);
  }
  return 0;
}

/* The low `size` bytes of `number` are put into memory of the process. Fail-open: what cannot be written stays. */
TL_LIBRARY int tl_user_write(u64 to, u64 number, u32 size) {
  if (size == 0 || size > sizeof(number)) return 0; /* never generated */
  bpf_probe_write_user((void*)to, &number, size);
  return 0;
}

#endif
