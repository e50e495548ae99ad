/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Scratch memory of hook programs: one slot is held from the first look at a path until the record is sent. Every
 * CPU has TL_NESTING slots, because a program can be interrupted, or preempted, by another on the same CPU.
 *
 * A path is built backwards and always ends at TL_PATH_END of its buffer: a path of n bytes starts at
 * TL_PATH_END - n, so Equal and Postfix compare at offsets known when a policy is compiled.
 */
#ifndef TRIPLINE_ABI_SCRATCH_H
#define TRIPLINE_ABI_SCRATCH_H

#include "abi/maps.h"

enum tl_scratch_limit {
  TL_PATH_END = 4096,         /* offset of the first byte after a path in its buffer */
  TL_PATH_BUFFER = 8192,      /* bytes of a path buffer; what is past TL_PATH_END is never part of a path */
  TL_PATHS = 5,               /* path buffers in a slot: a hook has at most five arguments in registers */
  TL_RECORD_MAX = 24576,      /* bytes of a record: fixed part and TL_PATHS paths */
  TL_RECORD_FIXED_MAX = 2048, /* of which the fixed part at most */
  TL_SLOTS = 4,               /* slots for each CPU; at least TL_NESTING */
};

/* A path as tl_file_path returns it: start offset in its buffer, and what is wrong with it. */
enum tl_path_value {
  TL_PATH_START = 0x1fff,       /* mask of the start offset; TL_PATH_END: the path is empty */
  TL_PATH_UNRESOLVED = 1 << 16, /* too long or too deep; the start offset is TL_PATH_END */
};

struct tl_slot {
  __u32 busy; /* 1 while held */
  __u32 reserved;
  __u64 walk[8];          /* for the path walk, private to bpf/lib */
  struct tl_file file[8]; /* of the file whose path is in the buffer of the same index; TL_PATHS are used */
  __u8 record[TL_RECORD_MAX];
  __u8 path[TL_PATHS][TL_PATH_BUFFER];
};

TL_STATIC_ASSERT(sizeof(struct tl_slot) == 136 + TL_RECORD_MAX + TL_PATHS * TL_PATH_BUFFER, "layout");

#endif
