/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NotifyEnforcer: a hook of a policy leaves a notice for its thread, and the next enforced call of that thread takes it
 * and does what it says. A thread has one notice of each policy; what was not taken gives way to the next, and is counted.
 *
 * A notice is taken once, whatever programs are being exchanged meanwhile. It belongs to a policy as it was loaded, so
 * one that is loaded later, under whatever name, never finds it; and to a thread, which is known by its id and start.
 * When more than TL_NOTICES_MAX wait, those of threads that have done nothing for longest go.
 */
#ifndef TRIPLINE_LIB_ENFORCE_BPF_H
#define TRIPLINE_LIB_ENFORCE_BPF_H

#include "abi/scratch.h"
#include "kernel/task.h"

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, TL_NOTICES_MAX);
  __type(key, struct tl_notice_key);
  __type(value, struct tl_notice);
} tl_notices SEC(".maps") __weak;

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, TL_MISSED_MAX);
  __type(key, struct tl_missed_key);
  __type(value, u64);
} tl_missed SEC(".maps") __weak;

static __always_inline u64 tl_thread_birth(void) {
  struct task_struct* task = (void*)bpf_get_current_task();

  return BPF_CORE_READ(task, start_time);
}

static __always_inline void tl_count_missed(u64 policy, u32 info, u32 reason) {
  struct tl_missed_key key = {.policy = policy, .info = info, .reason = reason};
  u64 *count = bpf_map_lookup_elem(&tl_missed, &key), one = 1;

  if (!count) {
    if (!bpf_map_update_elem(&tl_missed, &key, &one, BPF_NOEXIST)) return;
    count = bpf_map_lookup_elem(&tl_missed, &key); /* another CPU was first, or there is no room */
  }
  if (count) __sync_fetch_and_add(count, 1);
}

/* Removes the notice of the calling thread. */
static __always_inline void tl_notice_remove(const struct tl_notice_key* key) {
  if (!bpf_map_delete_elem(&tl_notices, key)) __sync_fetch_and_add(&tl_control.noticed, -1);
}

/* `what`: the error, and above it the signal, 16 bits each. */
TL_SHARED int tl_notify(u64 policy, u32 what, u32 info) {
  struct tl_notice_key key = {.thread = bpf_get_current_pid_tgid(), .policy = policy};
  struct tl_notice notice = {
      .birth = tl_thread_birth(), .error = (u16)what, .signal = what >> 16, .info = info};
  struct tl_notice* old = bpf_map_lookup_elem(&tl_notices, &key);

  if (!old) {
    /* Counted first: whoever sees none pending must be right. */
    __sync_fetch_and_add(&tl_control.noticed, 1);
    if (bpf_map_update_elem(&tl_notices, &key, &notice, BPF_ANY))
      __sync_fetch_and_add(&tl_control.noticed, -1);
    return 0;
  }
  if (old->birth == notice.birth) tl_count_missed(policy, old->info, TL_MISSED_OVERWRITTEN);
  *old = notice;
  return 0;
}

/* Removes what waits for the thread, and counts it; enum tl_missed_reason. */
TL_SHARED int tl_notice_drop(u64 policy, u32 reason) {
  struct tl_notice_key key = {.thread = bpf_get_current_pid_tgid(), .policy = policy};
  struct tl_notice* notice = bpf_map_lookup_elem(&tl_notices, &key);

  if (!notice) return 0;
  if (notice->birth == tl_thread_birth()) tl_count_missed(policy, notice->info, reason);
  tl_notice_remove(&key);
  return 0;
}

/* Removes what waits for the thread: TL_NOTICE, the signal and the error, see there; 0: nothing does. */
TL_SHARED u64 tl_notice_take(u64 policy) {
  struct tl_notice_key key = {.thread = bpf_get_current_pid_tgid(), .policy = policy};
  struct tl_notice* notice = bpf_map_lookup_elem(&tl_notices, &key);
  u64 out = 0;

  if (!notice) return 0;
  if (notice->birth == tl_thread_birth())
    out = 1ULL << TL_NOTICE_THERE | (u64)notice->signal << TL_NOTICE_SIGNAL | (u32)(s32)notice->error;
  tl_notice_remove(&key);
  return out;
}

#endif
