/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Process filters of hook programs. Linked only to programs that use them: an object has only the maps it needs.
 * Nothing here has typed pointers, so it serves programs of any kind.
 */
#include "lib/facts.bpf.h"
#include "abi/scratch.h"
#include "lib/task.bpf.h"

/*
 * The calling process's entry, when it is in the array; else NULL, which says nothing. The kernel's idle tasks, whose id
 * is that of a free element, find nothing in it either: what it held is cleared (bpf/hook/facts.bpf.c).
 */
TL_LIBRARY u64 tl_fact_entry(void) {
  u32 tgid = bpf_get_current_pid_tgid() >> 32;
  struct tl_facts* facts = tl_fact_element(tgid);

  if (!facts || facts->tgid != tgid) return 0;
  return (u64)facts;
}

/* NULL for idle tasks too, of which nothing is known and nothing is to be recorded. */
static __always_inline struct tl_facts* current_facts(void) {
  u32 tgid = bpf_get_current_pid_tgid() >> 32;

  return tgid ? tl_facts_of(tgid) : NULL;
}

/*
 * The first `size` bytes of the entry's words into the slot, wherever the entry is; zeros when the process is not known.
 * A copy, not an address: of two addresses the verifier would follow everything that comes after twice.
 */
TL_LIBRARY int tl_facts_read(struct tl_slot* slot, u32 size) {
  struct tl_facts* facts = current_facts();

  if (!slot || size > sizeof(slot->facts)) return 0;
  bpf_probe_read_kernel(slot->facts, size, facts ? facts + 1 : NULL); /* zeros when that fails */
  return 0;
}

/*
 * What was recorded stands `offset` bytes into the entry. 64 bits: on the stack a narrower constant can share a slot with
 * something that is written, and is then no constant to the verifier.
 */
static __always_inline struct tl_recorded* recorded_of(struct tl_facts* facts, u64 offset) {
  barrier_var(facts); /* as in tl_fact_words */
  return (void*)facts + offset;
}

/* 1 for a number that is not 0. Not by a branch: every combination of outcomes would be a state of the verifier. */
static __always_inline u64 is_set(u64 number) {
  u64 sign = number | -number;

  barrier_var(sign);
  return sign >> 63;
}

/* Namespaces that are not those recorded, a bit each; 0 for a process that is not known. */
TL_LIBRARY u64 tl_changed_namespaces(u64 offset) {
  struct tl_facts* facts = current_facts();
  struct tl_recorded* recorded;
  u32 now[10];
  u64 changed = 0;

  if (!facts) return 0;
  recorded = recorded_of(facts, offset);
  tl_namespaces_of((void*)bpf_get_current_task(), now);
  for (u32 i = 0; i < 10; i++) {
    u64 then = recorded->namespaces[i];

    changed |= (is_set(then) & is_set(then ^ now[i])) << i;
    if (then == 0) recorded->namespaces[i] = now[i];
  }
  return changed;
}

/* Capabilities of set `set` (policy::CapabilitySet) that are not as recorded; 0 for a process that is not known. */
TL_LIBRARY u64 tl_changed_capabilities(u64 offset, u32 set) {
  struct tl_facts* facts = current_facts();
  struct tl_recorded* recorded;
  u64 now[3];

  if (!facts) return 0;
  recorded = recorded_of(facts, offset);
  tl_capabilities_of((void*)bpf_get_current_task(), now);
  if (set == 0) return now[0] ^ recorded->capabilities[0];
  if (set == 1) return now[1] ^ recorded->capabilities[1];
  return now[2] ^ recorded->capabilities[2];
}

/* An event told of a change: what is now is what changes are counted from. */
TL_LIBRARY int tl_renew_namespaces(u64 offset) {
  struct tl_facts* facts = current_facts();

  if (facts) tl_namespaces_of((void*)bpf_get_current_task(), recorded_of(facts, offset)->namespaces);
  return 0;
}

TL_LIBRARY int tl_renew_capabilities(u64 offset) {
  struct tl_facts* facts = current_facts();

  if (facts) tl_capabilities_of((void*)bpf_get_current_task(), recorded_of(facts, offset)->capabilities);
  return 0;
}
