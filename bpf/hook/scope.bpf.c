/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Follows cgroups (abi/scope.h): one that is made inside a container's cgroup is the container's. The kernel makes and
 * removes cgroups one at a time, so these programs never run beside each other.
 */
#include "lib/scope.bpf.h"

#include "kernel/task.h"

enum { EXISTS = 17 };

const volatile struct tl_scope_options scope_options = {};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct tl_scope_count);
} tl_scope_count SEC(".maps");

static __always_inline void count(struct tl_cell* cell, u64 by) {
  u32 zero = 0;
  struct tl_scope_count* count = bpf_map_lookup_elem(&tl_scope_count, &zero);

  __sync_fetch_and_add(&cell->more, (u32)by);
  if (count) __sync_fetch_and_add(&count->more, by);
}

SEC("tp_btf/cgroup_mkdir")
int scope_made(u64* ctx) {
  struct cgroup* cgroup = (void*)ctx[0];
  struct cgroup_subsys_state* parent = cgroup->self.parent;
  u32 zero = 0, shift = scope_options.shift, container;
  struct tl_scope_count* lost;
  struct tl_cell* cell;
  long refused;
  u64 id;

  if (!parent || (u32)cgroup->root->hierarchy_id != scope_options.hierarchy) return 0;
  container = tl_container_of(parent->cgroup->kn->id, shift);
  if (!container) return 0;
  id = cgroup->kn->id;
  cell = tl_cell_of(id, shift);
  if (!cell) return 0;
  count(cell, 1); /* first: then it is looked for */
  refused = bpf_map_update_elem(&tl_cells_more, &id, &container, BPF_NOEXIST);
  if (!refused) return 0;
  count(cell, -1);
  lost = bpf_map_lookup_elem(&tl_scope_count, &zero);
  if (refused != -EXISTS && lost) __sync_fetch_and_add(&lost->lost, 1);
  return 0;
}

SEC("tp_btf/cgroup_release")
int scope_released(u64* ctx) {
  struct cgroup* cgroup = (void*)ctx[0];
  struct tl_cell* cell;
  u64 id;

  if ((u32)cgroup->root->hierarchy_id != scope_options.hierarchy) return 0;
  id = cgroup->kn->id;
  if (bpf_map_delete_elem(&tl_cells_more, &id)) return 0;
  cell = tl_cell_of(id, scope_options.shift);
  if (cell) count(cell, -1);
  return 0;
}

char scope_license[] SEC("license") = "GPL";
