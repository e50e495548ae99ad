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

#include "abi/facts.h"
#include "abi/maps.h"
#include "abi/value.h"

enum tl_scratch_limit {
  TL_PATH_END = 4096,         /* offset of the first byte after a path in its buffer */
  TL_BUFFER_SIZE = 8192,      /* bytes of a buffer; what is past TL_PATH_END is never part of a path */
  TL_BUFFERS = 8,             /* in a slot: values with bytes that one hook can look at */
  TL_VALUES = 24,             /* in a slot: values that one hook can look at, besides integers */
  TL_CHOSEN = 32,             /* in a slot: words of sections that can match */
  TL_VALUE_WORDS = 11,        /* 8-byte words of the largest fixed part of a field */
  TL_RECORD_MAX = 40960,      /* bytes of a record: fixed part, the bytes of all values, stacks and a hash */
  TL_RECORD_MASK = 65535,     /* no less than TL_RECORD_MAX: a bound that every verifier keeps */
  TL_RECORD_FIXED_MAX = 4096, /* of which the fixed part at most */
  TL_STACK_FRAMES = 127,      /* frames of a stack at most */
  TL_SLOTS = 4,               /* slots for each CPU; at least TL_NESTING */
  TL_TEXT_MAX = 4096,         /* bytes of a text, without its NUL */
  TL_BYTES_MAX = 4095,        /* of a buffer */
  TL_HEAD = 8,                /* bytes of a text's head */
  TL_VECTORS = 7,             /* of a struct iovec array, those that are read */
  TL_VECTOR_MAX = 4094,       /* bytes of one of those */
  TL_NEEDLE_MAX = 4096,       /* bytes of what is looked for in a text */
  TL_ARRAY_MAX = 1016,        /* of an array of numbers that is a tracepoint's field */
  TL_DATA_MAX = 327360,       /* of a buffer whose policy asks for all of it */
  TL_DATA_CHUNK = 8191,       /* of it in one record; all bits set, to be a mask */
};

/* The argument `at` of functions that work on a value: its index, and above that the index of its buffer. */
enum tl_at {
  TL_AT_INDEX = 0xffff,
  TL_AT_BUFFER = 16, /* bits to shift */
};

/* The last argument of tl_entry_frame. */
enum tl_frame {
  TL_FRAME_RETURNED = 1, /* the call has */
  TL_FRAME_FOLLOWED = 2, /* one of user space begins, whose return the kernel reports if it is not too deep */
};

/* How a number that `resolve` leads to is to be read: the last argument of tl_resolved_number. */
enum tl_resolve_number {
  TL_RESOLVE_SIZE = 0xff,    /* bytes */
  TL_RESOLVE_SIGNED = 0x100, /* it has a sign */
  TL_RESOLVE_STEP = 16,      /* bits to shift: which step reads it */
  TL_FOLLOW_STEP = 0xff,     /* of tl_follow: the step */
  TL_FOLLOW_FURTHER = 0x100, /* what is there is an address, which is followed in turn */
};

/* A path as tl_file_value returns it: start offset in its buffer, and what is wrong with it. */
enum tl_path_value {
  TL_PATH_START = 0x1fff,       /* mask of the start offset; TL_PATH_END: the path is empty */
  TL_PATH_UNRESOLVED = 1 << 16, /* too long or too deep; the start offset is TL_PATH_END */
};

/* A text or bytes as their functions return them. They start at offset 0 of the buffer. */
enum tl_text_value {
  TL_TEXT_SIZE = 0x1fff,    /* mask of their number */
  TL_TEXT_FAILED = 1 << 16, /* they could not be read; the number is 0 */
};

/* What tl_place_value finds the path of. */
enum tl_place {
  TL_PLACE_FILE,
  TL_PLACE_FD,
  TL_PLACE_PATH,
  TL_PLACE_DENTRY,
  TL_PLACE_KIOCB,
  TL_PLACE_BINPRM,
};

/* The last argument of tl_find. */
enum tl_find_what {
  TL_FIND_SIZE = 0x1fff,  /* mask of the needle's size */
  TL_FIND_FOLD = 1 << 16, /* letters of ASCII are equal in either case; those of the needle are small */
};

/* What is looked for: where its byte n does not fit, fallback[n] bytes of it still do. */
struct tl_needle {
  __u8 text[TL_NEEDLE_MAX];
  __u16 fallback[TL_NEEDLE_MAX];
};

/* A record of bytes that the hook record has no room for. */
struct tl_chunk {
  struct tl_data data;
  __u8 bytes[TL_DATA_CHUNK + 1];
};

/* Bytes, and where they were read from, which is no part of the record. */
struct tl_buffer {
  struct tl_bytes bytes;
  __u64 address;
};

/* A value as it will stand in the record. head.size bytes of it are in its buffer, from `from` on. */
struct tl_value {
  __u32 from;
  __u32 reserved;
  union {
    struct tl_field head;
    struct tl_path path;
    struct tl_bytes bytes;
    struct tl_buffer buffer;
    __u64 words[TL_VALUE_WORDS];
  };
};

/* Which call: of a thread, at one hook of a policy, so deep in the thread's stack. */
struct tl_entry_key {
  __u64 thread;
  __u64 frame; /* see tl_entry_frame */
  __u32 pair;  /* which hook of which policy; Schema.pair of src/object/object.h */
  __u32 reserved;
};

/* What the return of a call is told by its entry. */
struct tl_entry {
  __u64 time;     /* of the entry's record; 0: there is none, and the return gives no event */
  __u64 saved[2]; /* of a buffer that is read at the return: its address, and the number of buffers */
  __u64 selector; /* that matched */
};

enum tl_rate_limit {
  TL_RATE_CONTENT = 40, /* bytes of a value that are compared */
  TL_RATE_VALUES = 8,   /* values */
  TL_RATE_SKIP =
      16, /* argument `shape` of tl_rate_value: the size of the fixed part; bits to where content begins */
  TL_RATE_SCOPE = 16, /* argument `what` of tl_rate_allows: the previous action; bits to the scope */
};

enum tl_rate_scope { TL_RATE_THREAD, TL_RATE_PROCESS, TL_RATE_GLOBAL };

struct tl_rate_value {
  struct tl_field head;
  __u8 content[TL_RATE_CONTENT]; /* the first bytes; of a value with bytes of variable length, of those */
};

/* Events with one key are one event to a rate limit. */
struct tl_rate_key {
  __u32 hook;
  __u32 previous; /* the action before the Post in its list */
  __u64 scope;    /* thread, process or 0 */
  struct tl_rate_value value[TL_RATE_VALUES];
};

struct tl_slot {
  __u32 busy;     /* 1 while held */
  __u32 resolved; /* of the `resolve` under way: 0, or TL_VALUE_BAD_STEP and the step that led nowhere */
  __u32 key;      /* its own, in the map of slots */
  __u32 reserved;
  __u64 walk[8]; /* for path walks and searches, private to bpf/lib */
  __u64 frame;   /* of the call that is judged, where calls are noted: see tl_entry_frame */
  struct tl_entry entry;
  struct tl_rate_key rate;
  struct tl_value value[TL_VALUES];
  __u64 facts[2 * TL_FACT_WORDS_MAX]; /* words of the calling process's entry, where filters ask for them */
  __u64 chosen[TL_CHOSEN]; /* sections of the hook that can match, as far as a decision tells; a bit each */
  __u8 record[TL_RECORD_MAX];
  __u8 buffer[TL_BUFFERS][TL_BUFFER_SIZE];
  union {
    struct tl_needle needle;
    struct tl_chunk chunk; /* when nothing is looked for any more */
  };
};

TL_STATIC_ASSERT(sizeof(struct tl_value) == 96, "layout");
TL_STATIC_ASSERT(sizeof(struct tl_slot) == 120 + 400 + 96 * TL_VALUES + 16 * TL_FACT_WORDS_MAX +
                                               8 * TL_CHOSEN + TL_RECORD_MAX + TL_BUFFERS * TL_BUFFER_SIZE +
                                               sizeof(struct tl_needle),
                 "layout");

/* The head of a text that cannot be read. */
#define TL_NO_HEAD (~0ULL)

#endif
