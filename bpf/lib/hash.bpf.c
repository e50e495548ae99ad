/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hashes of files for records of LSM hooks (imaHash). Taking one reads the whole file and sleeps, so no slot is held
 * meanwhile: the record waits in memory of its own, and is sent when the slot has been given back. Linked only to
 * programs that ask for hashes; these are sleepable, others are not.
 *
 * At most TL_WAITING records wait at once. Records beyond that are sent without a hash, and so is one whose file
 * cannot be hashed.
 */
#include "abi/scratch.h"
#include "kernel/cred.h"
#include "kernel/fs.h"
#include "lib/maps.bpf.h"

enum tl_hash_limit {
  TL_WAITING = 32,
  TL_DIGEST_MAX = 64,
};

/* enum hash_algo of the kernel (include/uapi/linux/hash_info.h): those that IMA can be told to use. */
enum tl_hash_algorithm {
  TL_HASH_MD5 = 1,
  TL_HASH_SHA1 = 2,
  TL_HASH_SHA256 = 4,
  TL_HASH_SHA384 = 5,
  TL_HASH_SHA512 = 6,
  TL_HASH_SHA224 = 7,
  TL_HASH_SM3 = 17,
};

struct tl_waiting {
  u32 busy;    /* it is taken */
  u32 total;   /* of the first one alone: how many are taken */
  u64 thread;  /* whose record it is; 0: nobody's yet, or on its way */
  u32 size;    /* bytes of the record so far */
  u32 place;   /* of its struct tl_ima_hash */
  u32 counter; /* selector counter */
  u32 reserved;
  u8 record[TL_RECORD_MASK + 1 + TL_DIGEST_MAX]; /* a record, and what the verifier takes for possible */
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, TL_WAITING);
  __type(key, u32);
  __type(value, struct tl_waiting);
} tl_waiting SEC(".maps") __weak;

extern int tl_record_send(struct tl_slot* slot, u32 size, u32 index);

static __always_inline struct tl_waiting* waiting_at(u32 key) {
  return bpf_map_lookup_elem(&tl_waiting, &key);
}

static __always_inline struct tl_waiting* waiting_free(void) {
  for (u32 i = 0; i < TL_WAITING; i++) {
    struct tl_waiting* waiting = waiting_at(i);

    if (!waiting) break;
    if (__sync_val_compare_and_swap(&waiting->busy, 0, 1) == 0) return waiting;
  }
  return NULL;
}

/* Keeps the record of `size` bytes in the slot until this thread calls tl_hash_send. */
TL_LIBRARY int tl_hash_keep(struct tl_slot* slot, u32 size, u32 index, u32 place) {
  struct tl_waiting *waiting, *first = waiting_at(0);

  if (!slot || !first) return 0; /* never generated */
  waiting = waiting_free();
  if (!waiting) {
    tl_record_send(slot, size, index);
    return 0;
  }
  if (size > TL_RECORD_MAX) size = TL_RECORD_MAX; /* never generated; bounds the copy */
  bpf_probe_read_kernel(waiting->record, size, slot->record);
  waiting->size = size;
  waiting->place = place;
  waiting->counter = index;
  waiting->thread = bpf_get_current_pid_tgid();
  __sync_fetch_and_add(&first->total, 1);
  return 0;
}

static __always_inline u32 digest_size(long algorithm) {
  switch (algorithm) {
    case TL_HASH_MD5:
      return 16;
    case TL_HASH_SHA1:
      return 20;
    case TL_HASH_SHA224:
      return 28;
    case TL_HASH_SHA256:
    case TL_HASH_SM3:
      return 32;
    case TL_HASH_SHA384:
      return 48;
    default:
      return TL_DIGEST_MAX;
  }
}

static __always_inline void send(struct tl_waiting* waiting, long algorithm, const u8* digest) {
  u32 size = waiting->size, place = waiting->place, index = waiting->counter, bytes;
  struct tl_counter* counter;
  struct tl_ima_hash* hash;

  if (size > TL_RECORD_MAX - TL_DIGEST_MAX) algorithm = -1; /* there is no room for it */
  if (algorithm >= 0 && place <= TL_RECORD_FIXED_MAX - sizeof(*hash)) {
    hash = (void*)waiting->record + place;
    bytes = digest_size(algorithm);
    hash->head.size = bytes;
    hash->algorithm = algorithm;
    barrier_var(size); /* or the mask, which loses nothing, goes, and with it the bound */
    bpf_probe_read_kernel(waiting->record + (size & TL_RECORD_MASK), bytes, digest);
    size += bytes;
  }
  if (size > TL_RECORD_MAX) size = TL_RECORD_MAX; /* never generated; bounds the copy */
  ((struct tl_record*)waiting->record)->size = size;
  counter = bpf_map_lookup_elem(&tl_counters, &index);
  if (bpf_ringbuf_output(&tl_events, waiting->record, size, 0)) {
    if (counter) __sync_fetch_and_add(&counter->lost, 1);
  } else {
    if (counter) __sync_fetch_and_add(&counter->posted, 1);
  }
}

/* Does a record of this thread wait? */
static __always_inline bool waits(u64 thread) {
  for (u32 i = 0; i < TL_WAITING; i++) {
    struct tl_waiting* waiting = waiting_at(i);

    if (waiting && waiting->thread == thread) return true;
  }
  return false;
}

/* Sends the records of this thread that wait, with the hash of `file`. */
static __always_inline int send_all(struct file* file) {
  u64 thread = bpf_get_current_pid_tgid();
  struct tl_waiting *waiting, *first = waiting_at(0);
  u8 digest[TL_DIGEST_MAX] = {};
  long algorithm = -1;

  if (!first || !*(volatile u32*)&first->total || !waits(thread)) return 0;
  if (file) algorithm = bpf_ima_file_hash(file, digest, sizeof(digest));
  for (u32 i = 0; i < TL_WAITING; i++) {
    waiting = waiting_at(i);
    if (!waiting || waiting->thread != thread) continue;
    waiting->thread = 0;
    send(waiting, algorithm, digest);
    __sync_fetch_and_add(&first->total, -1);
    *(volatile u32*)&waiting->busy = 0;
  }
  return 0;
}

/* Of a hook whose first argument is a file. Outside of whatever must not be preempted: it sleeps. */
TL_LIBRARY int tl_hash_send(u64* context) { return send_all((void*)context[0]); }

/* Of one whose first argument is an exec under way. */
TL_LIBRARY int tl_hash_send_program(u64* context) {
  struct linux_binprm* program = (void*)context[0];

  return send_all(program->file);
}
