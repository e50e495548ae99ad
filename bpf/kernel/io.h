/* SPDX-License-Identifier: GPL-2.0-only */
/* Structs that carry names and bytes of a call, as far as we read them. */
#ifndef TRIPLINE_KERNEL_IO_H
#define TRIPLINE_KERNEL_IO_H

#include "kernel/types.h"

struct filename {
  const char* name;
} TL_RELOCATED;

enum { TL_DEVICE_NAME = 16 }; /* IFNAMSIZ */

struct net_device {
  char name[TL_DEVICE_NAME];
} TL_RELOCATED;

/* struct iovec, which is part of the system call interface. */
struct tl_iovec {
  u64 base;
  u64 size;
};

/* Kinds of iov_iter, by the version that gave them their numbers. */
enum {
  TL_ITER_UBUF = 0, /* 6.4 */
  TL_ITER_IOVEC = 1,
  TL_ITER_IOVEC_5_14 = 0,
  TL_ITER_UBUF_6_0 = 6,
  TL_ITER_IOVEC_5_10 = 4,
};

struct iovec;

struct iov_iter {
  u8 iter_type; /* 5.14 */
  size_t iov_offset;
  size_t count;
  const struct iovec* __iov; /* 6.4 */
  void* ubuf;                /* 6.0 */
} TL_RELOCATED;

struct iov_iter___iov {
  const struct iovec* iov;
} TL_RELOCATED;

struct iov_iter___type {
  unsigned int type;
} TL_RELOCATED;

#endif
