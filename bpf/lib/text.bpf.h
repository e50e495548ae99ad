/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text and bytes that are arguments: each function puts them at the start of a value's buffer and returns enum
 * tl_text_value. An address with its top bit clear is of the calling process, any other of the kernel. Memory of a
 * process that is not present cannot be read here, and ends as an error in the value; filters on it fail.
 */
#ifndef TRIPLINE_LIB_TEXT_BPF_H
#define TRIPLINE_LIB_TEXT_BPF_H

#include "abi/scratch.h"
#include "kernel/io.h"
#include "kernel/types.h"

static __always_inline u32 tl_text_failed(struct tl_value* value, u32 status) {
  value->from = 0;
  value->bytes.head.size = 0;
  value->bytes.head.status = status;
  value->bytes.whole = 0;
  return TL_TEXT_FAILED;
}

static __always_inline u32 tl_text_done(struct tl_value* value, u32 size, u64 whole) {
  value->from = 0;
  value->bytes.head.size = size;
  value->bytes.head.status = TL_VALUE_OK;
  value->bytes.whole = whole;
  return size;
}

static __always_inline bool tl_is_kernel(u64 address) { return (s64)address < 0; }

static __always_inline long tl_bytes_read(u8* to, u32 size, u64 address) {
  if (tl_is_kernel(address)) return bpf_probe_read_kernel(to, size, (void*)address);
  return bpf_probe_read_user(to, size, (void*)address);
}

/* Text at `address`, up to its NUL, at most `most` bytes with it. */
static __always_inline u32 tl_text_read(struct tl_slot* slot, u32 at, u64 address, u32 most) {
  struct tl_value* value = tl_value_at(slot, at);
  u8* buffer = tl_buffer_at(slot, at);
  long size;

  if (!value || !buffer) return TL_TEXT_FAILED; /* never generated */
  size = tl_is_kernel(address) ? bpf_probe_read_kernel_str(buffer, most, (void*)address)
                               : bpf_probe_read_user_str(buffer, most, (void*)address);
  if (size < 0) return tl_text_failed(value, TL_VALUE_BAD_ADDRESS);
  if (size > 0) size--; /* the NUL, which is not counted where it is all there is in memory of a process */
  return tl_text_done(value, (u32)size, (u64)size);
}

TL_LIBRARY u32 tl_string_value(u64 address, struct tl_slot* slot, u32 at) {
  return tl_text_read(slot, at, address, TL_TEXT_MAX + 1);
}

/*
 * The first 8 bytes of the text at `address` as a number that sorts as they do, 0 for those behind its end. What cannot be
 * read is TL_NO_HEAD, as a text of eight bytes 0xff is.
 */
TL_LIBRARY u64 tl_text_head(u64 address) {
  u64 head[2] = {};

  if (tl_copy_text(head, sizeof(head[0]) + 1, address) < 0) return TL_NO_HEAD;
  return __builtin_bswap64(head[0]);
}

/* Text in a tracepoint's record, where it has `room` bytes; there need not be a NUL among them. */
TL_LIBRARY u32 tl_record_text(u64 address, struct tl_slot* slot, u32 at, u32 room) {
  u32 most = room > TL_TEXT_MAX ? TL_TEXT_MAX : room;

  barrier_var(most);
  most &= TL_TEXT_SIZE; /* loses nothing; a bound that every verifier keeps */
  return tl_text_read(slot, at, address, most + 1);
}

/* The name in the struct filename at `address`. */
TL_LIBRARY u32 tl_filename_value(u64 address, struct tl_slot* slot, u32 at) {
  return tl_text_read(slot, at, (u64)BPF_CORE_READ((struct filename*)address, name), TL_TEXT_MAX + 1);
}

/* The name of the struct net_device at `address`. */
TL_LIBRARY u32 tl_net_device_value(u64 address, struct tl_slot* slot, u32 at) {
  u64 device = address;

  return tl_text_read(slot, at, device ? device + bpf_core_field_offset(struct net_device, name) : 0,
                      TL_DEVICE_NAME);
}

/* `whole` bytes at `address`, of which at most TL_BYTES_MAX are kept: all of those can be read, or there are none. */
static __always_inline u32 tl_buffer_read(struct tl_slot* slot, u32 at, u64 address, u64 whole) {
  struct tl_value* value = tl_value_at(slot, at);
  u8* buffer = tl_buffer_at(slot, at);
  u32 size = whole > TL_BYTES_MAX ? TL_BYTES_MAX : (u32)whole;

  if (!value || !buffer) return TL_TEXT_FAILED; /* never generated */
  value->buffer.address = address;
  barrier_var(size);
  size &= TL_BYTES_MAX; /* loses nothing; a bound that every verifier keeps */
  if (size > 0 && tl_bytes_read(buffer, size, address)) return tl_text_failed(value, TL_VALUE_BUFFER_FAULT);
  return tl_text_done(value, size, whole);
}

TL_LIBRARY u32 tl_buffer_value(u64 address, struct tl_slot* slot, u32 at, u64 size) {
  return tl_buffer_read(slot, at, address, size);
}

/*
 * What `count` struct iovec at `address` name, one behind the other, at most `limit` bytes: the first
 * TL_VECTORS of them, none of them larger than TL_VECTOR_MAX, and TL_BYTES_MAX bytes in all.
 */
TL_LIBRARY u32 tl_iovec_value(u64 address, struct tl_slot* slot, u32 at, u64 count, u64 limit) {
  struct tl_value* value = tl_value_at(slot, at);
  u8* buffer = tl_buffer_at(slot, at);
  u64 whole = 0;
  u32 end = 0;

  if (!value || !buffer) return TL_TEXT_FAILED; /* never generated */
  for (u32 i = 0; i < TL_VECTORS && i < count; i++) {
    struct tl_iovec vector = {};
    u64 size;
    u32 kept;

    if (tl_bytes_read((u8*)&vector, sizeof(vector), address + i * sizeof(vector)))
      return tl_text_failed(value, TL_VALUE_BUFFER_FAULT);
    size = vector.size;
    if (size > limit - whole) size = limit - whole;
    if (size > TL_VECTOR_MAX) return tl_text_failed(value, TL_VALUE_BUFFER_TOO_LARGE);
    kept = size;
    end &= TL_BYTES_MAX;
    if (kept > TL_BYTES_MAX - end) kept = TL_BYTES_MAX - end;
    barrier_var(kept);
    kept &= TL_BYTES_MAX;
    if (kept > 0 && tl_bytes_read(buffer + end, kept, tl_of_process(vector.base)))
      return tl_text_failed(value, TL_VALUE_BUFFER_FAULT);
    end += kept;
    whole += size;
    if (whole >= limit) break;
  }
  end &= TL_BYTES_MAX;
  return tl_text_done(value, end, whole);
}

/* The kinds of iov_iter with memory of a process; the kernel's types do not have their names. */
static __always_inline bool tl_is_ubuf(struct iov_iter* iter) {
  u8 kind;

  if (!bpf_core_field_exists(struct iov_iter, ubuf)) return false;
  kind = BPF_CORE_READ(iter, iter_type);
  return bpf_core_field_exists(struct iov_iter, __iov) ? kind == TL_ITER_UBUF : kind == TL_ITER_UBUF_6_0;
}

/* The struct iovec array of an iterator over several segments; 0 when it is over something else. */
static __always_inline u64 tl_iter_vector(struct iov_iter* iter) {
  if (bpf_core_field_exists(struct iov_iter, __iov))
    return BPF_CORE_READ(iter, iter_type) == TL_ITER_IOVEC ? (u64)BPF_CORE_READ(iter, __iov) : 0;
  if (bpf_core_field_exists(struct iov_iter, iter_type)) {
    if (BPF_CORE_READ(iter, iter_type) != TL_ITER_IOVEC_5_14) return 0;
  } else if ((BPF_CORE_READ((struct iov_iter___type*)iter, type) & ~1U) != TL_ITER_IOVEC_5_10) {
    return 0; /* the lowest bit: which way */
  }
  return (u64)BPF_CORE_READ((struct iov_iter___iov*)iter, iov);
}

/* What the first segment of the struct iov_iter at `address` still holds; empty for kinds without memory of a process. */
TL_LIBRARY u32 tl_iov_iter_value(u64 address, struct tl_slot* slot, u32 at) {
  struct iov_iter* iter = (void*)address;
  u64 skipped = BPF_CORE_READ(iter, iov_offset), vector;
  struct tl_iovec segment = {};

  if (tl_is_ubuf(iter)) {
    segment.base = (u64)BPF_CORE_READ(iter, ubuf);
    segment.size = BPF_CORE_READ(iter, count) + skipped;
  } else {
    vector = tl_iter_vector(iter);
    if (vector) tl_bytes_read((u8*)&segment, sizeof(segment), vector);
  }
  return tl_buffer_read(slot, at, tl_of_process(segment.base + skipped),
                        segment.size > skipped ? segment.size - skipped : 0);
}

#endif
