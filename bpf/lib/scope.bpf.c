// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whom hook programs are about. Linked only to programs that ask: an object has only the maps it needs. Nothing here has
 * typed pointers, so it serves programs of any kind.
 */
#include "lib/scope.bpf.h"

#include "kernel/task.h"

/* The loader sets value_size: the words that the set in force needs. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, u64);
} tl_scopes SEC(".maps") __weak;

/* The words of the container that this cgroup belongs to. */
TL_LIBRARY u64 tl_scope_words(u64 cgroup, u32 shift) {
  u32 container = tl_container_of(cgroup, shift);

  return (u64)bpf_map_lookup_elem(&tl_scopes, &container);
}

/* The id of the calling task's cgroup in the hierarchy of a controller, by its position in struct css_set. */
TL_LIBRARY u64 tl_cgroup_of(u32 controller) {
  struct task_struct* task = (void*)bpf_get_current_task();
  struct css_set* set = BPF_CORE_READ(task, cgroups);
  struct cgroup_subsys_state* state = NULL;
  u64 index = controller;

  barrier_var(index);
  if (index > TL_CONTROLLERS_MAX) index = TL_CONTROLLERS_MAX; /* cannot be */
  bpf_probe_read_kernel(&state, sizeof(state),
                        (void*)set + bpf_core_field_offset(struct css_set, subsys) + index * sizeof(state));
  return BPF_CORE_READ(state, cgroup, kn, id);
}
