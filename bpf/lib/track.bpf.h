/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TrackSock: whose a socket is. What is done with it later, by another process or by none, in an interrupt, is told of
 * its owner. Sockets tracked long ago give way to newer ones; one whose memory became another socket without an
 * UntrackSock is still taken for the old one: fail-open, the event names another process.
 */
#ifndef TRIPLINE_LIB_TRACK_BPF_H
#define TRIPLINE_LIB_TRACK_BPF_H

#include "abi/scratch.h"
#include "lib/read.bpf.h"

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, TL_SOCKS_MAX);
  __type(key, struct tl_sock_key);
  __type(value, struct tl_sock_owner);
} tl_socks SEC(".maps") __weak;

/* The address of the struct sock that value `at` was read from; 0 when there is none. */
static __always_inline u64 tl_sock_of(struct tl_slot* slot, u32 at) {
  struct tl_value* value = tl_value_at(slot, at);

  if (!value || value->head.status != TL_VALUE_OK) return 0;
  return ((struct tl_sock*)&value->head)->cookie;
}

/* From now on the socket is the calling thread's. */
TL_SHARED int tl_sock_track(struct tl_slot* slot, u32 at, u64 policy) {
  u64 thread = bpf_get_current_pid_tgid();
  struct tl_sock_owner owner = {.tgid = thread >> 32, .tid = (u32)thread};
  struct tl_sock_key key = {.sock = tl_sock_of(slot, at), .policy = policy};

  if (key.sock) bpf_map_update_elem(&tl_socks, &key, &owner, BPF_ANY);
  return 0;
}

TL_SHARED int tl_sock_untrack(struct tl_slot* slot, u32 at, u64 policy) {
  struct tl_sock_key key = {.sock = tl_sock_of(slot, at), .policy = policy};

  bpf_map_delete_elem(&tl_socks, &key);
  return 0;
}

/* Writes the owner of the socket into the struct tl_owner at `place` of the record, when it has one. */
TL_SHARED int tl_sock_tell(struct tl_slot* slot, u32 at, u64 policy, u32 place) {
  struct tl_sock_key key = {.sock = tl_sock_of(slot, at), .policy = policy};
  struct tl_sock_owner* owner = bpf_map_lookup_elem(&tl_socks, &key);
  struct tl_owner* field;

  if (!slot || !owner || place > TL_RECORD_FIXED_MAX - sizeof(*field)) return 0;
  field = (void*)slot->record + place;
  field->tgid = owner->tgid;
  field->tid = owner->tid;
  return 0;
}

#endif
