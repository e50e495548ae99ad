/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Who is calling, for policies that are about some pods, containers or the host only. Both sides touch the maps by name.
 *
 * A cgroup belongs to a container, by a number; 0 is the host, to which every cgroup belongs that is not here. It is in
 * one cell of an array, which costs a sixth of what a hash map does. What has no cell is in a hash map, and is counted in
 * the cell that it would have, so that for all others the hash map need not be asked: the cgroups whose cell is another's,
 * and those that were made inside a known one, which only the kernel tells of.
 *
 * A container has a row of bits, one for each scope that policies ask for. The agent writes cells and rows, and both sides
 * the hash map and the count in a cell. A cell is read from behind: the container first, then whose it is.
 */
#ifndef TRIPLINE_ABI_SCOPE_H
#define TRIPLINE_ABI_SCOPE_H

#include "abi/record.h"

enum tl_scope_limit {
  TL_SCOPE_BITS = 64, /* in a word */
};

struct tl_cell {
  __u64 cgroup; /* its id; 0: nobody's */
  __u32 container;
  __u32 more; /* cgroups in the hash map whose cell this is */
};

/* The cell of a cgroup is (id * TL_CELL_FACTOR) >> shift: ids follow one another in steps of some tens. */
#define TL_CELL_FACTOR 0x9E3779B97F4A7C15ULL

/* What is constant in the programs that follow cgroups. */
struct tl_scope_options {
  __u32 hierarchy; /* cgroups of other hierarchies are not looked at */
  __u32 shift;
};

/* One element. */
struct tl_scope_count {
  __u64 more; /* cgroups in the hash map */
  __u64 lost; /* cgroups that were made inside a known one, and did not fit */
};

#define TL_MAP_CELLS "tl_cells"
#define TL_MAP_CELLS_MORE "tl_cells_more"
#define TL_MAP_SCOPES "tl_scopes"
#define TL_MAP_SCOPE_COUNT "tl_scope_count"

TL_STATIC_ASSERT(sizeof(struct tl_cell) == 16, "layout");

#endif
