/* SPDX-License-Identifier: GPL-2.0-only */
/* Which container a cgroup belongs to (abi/scope.h). */
#ifndef TRIPLINE_LIB_SCOPE_BPF_H
#define TRIPLINE_LIB_SCOPE_BPF_H

#include "lib/library.bpf.h"

#include "abi/scope.h"

/* The loader puts maps of the size in their place that the set in force needs. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1);
  __type(key, u32);
  __type(value, struct tl_cell);
} tl_cells SEC(".maps") __weak;

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1);
  __type(key, u64);
  __type(value, u32);
} tl_cells_more SEC(".maps") __weak;

static __always_inline struct tl_cell* tl_cell_of(u64 cgroup, u32 shift) {
  u32 index = cgroup * TL_CELL_FACTOR >> (shift & 63);

  return bpf_map_lookup_elem(&tl_cells, &index);
}

/* Its number; 0: the host. */
static __always_inline u32 tl_container_of(u64 cgroup, u32 shift) {
  volatile struct tl_cell* cell = tl_cell_of(cgroup, shift);
  u32 container, *found;

  if (!cell) return 0;
  container = cell->container; /* before the id, as abi/scope.h says */
  if (cell->cgroup == cgroup) return container;
  if (!cell->more) return 0;
  found = bpf_map_lookup_elem(&tl_cells_more, &cgroup);
  return found ? *found : 0;
}

#endif
