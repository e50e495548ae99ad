/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Long buffers that an event shows in full: what does not fit in a hook record is sent ahead of it, in separate
 * records. If one of them cannot be read or written, the rest is not sent: the event then has what came before.
 */
#ifndef TRIPLINE_LIB_DATA_BPF_H
#define TRIPLINE_LIB_DATA_BPF_H

#include "lib/maps.bpf.h"
#include "lib/read.bpf.h"
#include "lib/text.bpf.h"

enum { TL_DATA_OFFSET, TL_DATA_WHOLE, TL_DATA_ADDRESS }; /* in slot->walk */
enum { TL_DATA_CHUNKS = (TL_DATA_MAX - TL_BYTES_MAX + TL_DATA_CHUNK - 1) / TL_DATA_CHUNK };

/*
 * One record of them, from what is in slot->walk; false when there is nothing more to send. It is there, not in
 * registers, because the verifier would follow what it learns of them through every round.
 */
static __always_inline bool tl_data_chunk(struct tl_slot* slot, struct tl_chunk* chunk) {
  u64 offset = *(volatile u64*)&slot->walk[TL_DATA_OFFSET];
  u64 whole = *(volatile u64*)&slot->walk[TL_DATA_WHOLE];
  u64 address = *(volatile u64*)&slot->walk[TL_DATA_ADDRESS];
  u64 size = whole - offset;

  if (offset >= whole) return false;
  if (size > TL_DATA_CHUNK) size = TL_DATA_CHUNK;
  barrier_var(size);
  size &= TL_DATA_CHUNK; /* loses nothing; a bound that every verifier keeps */
  if (size == 0 || tl_bytes_read(chunk->bytes, size, address + offset)) return false;
  chunk->data.offset = offset;
  chunk->data.head.size = sizeof(chunk->data) + size;
  if (bpf_ringbuf_output(&tl_events, chunk, sizeof(chunk->data) + size, 0)) return false;
  *(volatile u64*)&slot->walk[TL_DATA_OFFSET] = offset + size;
  return true;
}

/* The bytes of value `at` that follow those in its buffer. Its fixed part is at `place` of the record, which is open. */
TL_SHARED int tl_data_send(struct tl_slot* slot, u32 at, u32 place) {
  struct tl_value* value = tl_value_at(slot, at);
  struct tl_record* record;
  struct tl_chunk* chunk;
  u64 whole;

  if (!value || value->head.status != TL_VALUE_OK) return 0;
  record = (void*)slot->record;
  chunk = &slot->chunk;
  whole = value->buffer.bytes.whole;
  if (whole > TL_DATA_MAX) whole = TL_DATA_MAX;
  chunk->data.head.kind = TL_RECORD_DATA;
  chunk->data.head.reserved = 0;
  chunk->data.head.time = record->time;
  chunk->data.head.tgid = record->tgid;
  chunk->data.head.tid = record->tid;
  chunk->data.head.schema = record->schema;
  chunk->data.head.selector = record->selector;
  chunk->data.field = place;
  slot->walk[TL_DATA_OFFSET] = value->head.size;
  slot->walk[TL_DATA_WHOLE] = whole;
  slot->walk[TL_DATA_ADDRESS] = value->buffer.address;
  for (u32 i = 0; i < TL_DATA_CHUNKS; i++) {
    if (!tl_data_chunk(slot, chunk)) break;
  }
  return 0;
}

#endif
