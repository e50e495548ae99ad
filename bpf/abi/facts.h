/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Facts about each process that hooks ask for: the answers of all clauses of the active policies, decided when the
 * process forked, executed a file, or was found running. Both sides touch the maps by name.
 *
 * The entry of a process is element `tgid & (TL_FACT_SLOTS - 1)` of an array, which costs a fifth of what a hash map
 * does; when another living process has that element, it is in a hash map by tgid. The size of an entry depends on the
 * set of policies: struct tl_facts, then `words` words of the process's own, as many about its parent, then struct
 * tl_recorded when a policy looks for changes.
 */
#ifndef TRIPLINE_ABI_FACTS_H
#define TRIPLINE_ABI_FACTS_H

#include "abi/record.h"

enum tl_fact_limit {
  TL_FACT_SLOTS = 32768, /* elements of the array; a power of two */
  TL_FACT_MORE = 4096,   /* processes whose element is taken */
  TL_FACT_WORDS_MAX = 64,
  TL_FACT_CLAUSES = 62, /* in a word, from bit TL_FACT_FIRST on */
  TL_FACT_FIRST = 2,
};

/* In every word. */
enum tl_fact_bit {
  TL_FACT_PRESENT = 1 << 0, /* there is an entry; of a parent: it was recorded */
  TL_FACT_KNOWN = 1 << 1,   /* its image has a path */
};

enum tl_fact_flag {
  TL_FACT_FORKED = 1 << 0,      /* nothing was executed since the fork */
  TL_FACT_FIRST_IMAGE = 1 << 1, /* the image is the first since the fork */
};

struct tl_facts {
  __u32 tgid;    /* 0: free, and all words are 0: the idle tasks, whose id that is, find them */
  __u32 birth;   /* low half of the process's start time: tells it from another of that tgid */
  __u32 image;   /* number of the exec (24 bits), and the version of the program that looked at it (8 bits) */
  __u16 settled; /* the version that has looked at the process's ancestors; 0: none */
  __u16 flags;   /* enum tl_fact_flag */
};

/* To see changes. 0: never recorded. In the order of policy::CapabilitySet and policy::Namespace. */
struct tl_recorded {
  __u64 capabilities[3];
  __u32 namespaces[10];
};

/* What a generated function tells of the set: its result. */
enum tl_fact_shape {
  TL_SHAPE_WORDS = 0xff,
  TL_SHAPE_RECORDED = 1 << 8,
  TL_SHAPE_PIDS = 1 << 9,   /* some clause is about ids */
  TL_SHAPE_VERSION_AT = 16, /* bits to shift; 8 bits, never 0 */
};

/* Where generated functions write in the record of a slot: so many times `words` words. */
enum tl_fact_result {
  TL_RESULT_HOLDS = 0, /* clauses that hold */
  TL_RESULT_CLAUSES,   /* all clauses there are */
  TL_RESULT_NEW,       /* those that the version before had not */
  TL_RESULT_FOLLOWS,   /* those that hold for all that comes of a process */
  TL_RESULT_COUNT,
};

#define TL_MAP_FACTS "tl_facts"
#define TL_MAP_FACTS_MORE "tl_facts_more"

TL_STATIC_ASSERT(sizeof(struct tl_facts) == 16, "layout");
TL_STATIC_ASSERT(sizeof(struct tl_recorded) == 64, "layout");

#endif
