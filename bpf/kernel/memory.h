/* SPDX-License-Identifier: GPL-2.0-only */
/* The page cache: what the kernel has in memory of a file. */
#ifndef TRIPLINE_KERNEL_MEMORY_H
#define TRIPLINE_KERNEL_MEMORY_H

#include "kernel/types.h"

struct xarray {
  void* xa_head;
} TL_RELOCATED;

struct xa_node {
  unsigned char shift;
  void* slots[64];
} TL_RELOCATED;

struct address_space {
  struct xarray i_pages;
} TL_RELOCATED;

struct page {
  unsigned long index; /* of its first one, where several are one; up to 5.15 */
} TL_RELOCATED;

/* Since 5.16. */
struct folio {
  unsigned long index;
} TL_RELOCATED;

/* More members of structs of kernel/fs.h. */
struct file___mapped {
  struct address_space* f_mapping;
} TL_RELOCATED;

struct inode___sized {
  long long i_size;
} TL_RELOCATED;

#endif
