/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TrackSock: who owns a socket. What happens to it later, in another process or in an interrupt, is attributed to its
 * owner. Sockets tracked long ago are evicted by newer ones. One whose memory became another socket without an
 * UntrackSock is recognized by its port; if that is the same, or not set yet, it is taken for the old one: fail-open,
 * the event names another process.
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

/* The socket that value `at` is; NULL when there is none. */
static __always_inline struct tl_sock* tl_sock_of(struct tl_slot* slot, u32 at) {
  struct tl_value* value = tl_value_at(slot, at);

  if (!value || value->head.status != TL_VALUE_OK) return NULL;
  return (struct tl_sock*)&value->head;
}

/* From now on the socket is the calling thread's. */
TL_SHARED int tl_sock_track(struct tl_slot* slot, u32 at, u64 policy) {
  u64 thread = bpf_get_current_pid_tgid();
  struct tl_sock_owner owner = {.tgid = thread >> 32, .tid = (u32)thread};
  struct tl_sock* sock = tl_sock_of(slot, at);
  struct tl_sock_key key = {.policy = policy};

  if (!sock || !sock->cookie) return 0;
  key.sock = sock->cookie;
  owner.port = sock->local_port;
  bpf_map_update_elem(&tl_socks, &key, &owner, BPF_ANY);
  return 0;
}

TL_SHARED int tl_sock_untrack(struct tl_slot* slot, u32 at, u64 policy) {
  struct tl_sock* sock = tl_sock_of(slot, at);
  struct tl_sock_key key = {.policy = policy};

  if (!sock) return 0;
  key.sock = sock->cookie;
  bpf_map_delete_elem(&tl_socks, &key);
  return 0;
}

/* Is it still the socket that was tracked? It has no port before it is bound, nor when it is closed. */
static __always_inline bool tl_sock_is_same(struct tl_sock_owner* owner, u32 port) {
  if (owner->port == 0) owner->port = port;
  return port == 0 || owner->port == port;
}

/* Writes the owner of the socket into the struct tl_owner at `place` of the record, when it has one. */
TL_SHARED int tl_sock_tell(struct tl_slot* slot, u32 at, u64 policy, u32 place) {
  struct tl_sock* sock = tl_sock_of(slot, at);
  struct tl_sock_key key = {.policy = policy};
  struct tl_sock_owner* owner;
  struct tl_owner* field;

  if (!sock) return 0;
  key.sock = sock->cookie;
  owner = bpf_map_lookup_elem(&tl_socks, &key);
  if (!owner || !tl_sock_is_same(owner, sock->local_port) || place > TL_RECORD_FIXED_MAX - sizeof(*field))
    return 0;
  field = (void*)slot->record + place;
  field->tgid = owner->tgid;
  field->tid = owner->tid;
  return 0;
}

#endif
