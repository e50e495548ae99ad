/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A limit on how many processes of a cgroup are told of. Each CPU counts alone, in intervals; of the one before, that part
 * counts which a window that slides would still see. One that is too many is left out, and so is every other one until
 * there was none too many for TL_THROTTLE_REST seconds; all of them count.
 *
 * Programs of one CPU can preempt one another, and then a count may be lost: the limit is that much higher.
 */
#ifndef TRIPLINE_LIB_CGROUP_BPF_H
#define TRIPLINE_LIB_CGROUP_BPF_H

#include "abi/maps.h"
#include "kernel/task.h"

struct {
  __uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
  __uint(max_entries, TL_CGROUPS_MAX);
  __type(key, u64);
  __type(value, struct tl_cgroup_rate);
} tl_cgroup_rates SEC(".maps");

enum tl_rate_answer {
  TL_RATE_ALLOWED,
  TL_RATE_LEFT_OUT,
  TL_RATE_BEGINS, /* left out, the first one: tl_cgroup_begun() notes that this was told */
};

#define TL_REST_NS (TL_THROTTLE_REST * 1000000000ULL)
#define TL_COUNTED_MOST (1ULL << 20) /* of an interval before, so that the product below is a number */

static __always_inline u32 tl_cgroup_allows(u64 cgroup, u64 time, u64 events, u64 interval) {
  struct tl_cgroup_rate* rate = bpf_map_lookup_elem(&tl_cgroup_rates, &cgroup);
  struct tl_cgroup_rate first = {.window = time, .current = 1};
  u64 passed, before;
  bool rests;

  if (!rate) {
    bpf_map_update_elem(&tl_cgroup_rates, &cgroup, &first, BPF_ANY);
    return TL_RATE_ALLOWED;
  }
  passed = time - rate->window;
  if ((s64)passed < 0) passed = 0; /* taken before, by a program that was preempted */
  if (passed >= interval) {
    rate->previous = passed / interval == 1 ? rate->current : 0;
    rate->current = 0;
    rate->window += passed / interval * interval;
    passed %= interval;
  }
  rate->current++;
  before = rate->previous;
  if (before > TL_COUNTED_MOST) before = TL_COUNTED_MOST;
  rests = !rate->over || (s64)(time - rate->over) >= (s64)TL_REST_NS;
  if (rate->current + before * (interval - passed) / interval <= events)
    return rests ? TL_RATE_ALLOWED : TL_RATE_LEFT_OUT;
  if (rests) return TL_RATE_BEGINS;
  rate->over = time;
  return TL_RATE_LEFT_OUT;
}

static __always_inline void tl_cgroup_begun(u64 cgroup, u64 time) {
  struct tl_cgroup_rate* rate = bpf_map_lookup_elem(&tl_cgroup_rates, &cgroup);

  if (rate) rate->over = time;
}

#endif
