/* SPDX-License-Identifier: GPL-2.0-only */
/* Access to the entries of processes (abi/facts.h). */
#ifndef TRIPLINE_LIB_FACTS_BPF_H
#define TRIPLINE_LIB_FACTS_BPF_H

#include "abi/facts.h"
#include "lib/library.bpf.h"

/* The loader sets value_size: what the set in force needs. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, TL_FACT_SLOTS);
  __type(key, u32);
  __uint(value_size, sizeof(struct tl_facts) + 16);
} tl_facts SEC(".maps") __weak;

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, TL_FACT_MORE);
  __type(key, u32);
  __uint(value_size, sizeof(struct tl_facts) + 16);
} tl_facts_more SEC(".maps") __weak;

static __always_inline struct tl_facts* tl_fact_element(u32 tgid) {
  u32 index = tgid & (TL_FACT_SLOTS - 1);

  return bpf_map_lookup_elem(&tl_facts, &index);
}

/* The entry of process `tgid`; NULL when nothing is known of it. */
static __always_inline struct tl_facts* tl_facts_of(u32 tgid) {
  struct tl_facts* facts = tl_fact_element(tgid);

  if (facts && facts->tgid == tgid) return facts;
  return bpf_map_lookup_elem(&tl_facts_more, &tgid);
}

/* Not before the check that there is an entry: the verifier refuses to add to what may be NULL. */
static __always_inline u64* tl_fact_words(struct tl_facts* facts) {
  barrier_var(facts);
  return (void*)(facts + 1);
}

#endif
