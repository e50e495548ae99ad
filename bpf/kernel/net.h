/* SPDX-License-Identifier: GPL-2.0-only */
/* Sockets and packets, as far as we read them. */
#ifndef TRIPLINE_KERNEL_NET_H
#define TRIPLINE_KERNEL_NET_H

#include "kernel/types.h"

struct in6_addr {
  u8 bytes[16]; /* never relocated: the whole struct is read */
};

struct sock_common {
  u32 skc_daddr;
  u32 skc_rcv_saddr;
  u16 skc_dport; /* network order */
  u16 skc_num;   /* host order */
  unsigned short skc_family;
  volatile unsigned char skc_state;
  struct in6_addr skc_v6_daddr; /* with CONFIG_IPV6 */
  struct in6_addr skc_v6_rcv_saddr;
} TL_RELOCATED;

/* Some of these are bit-fields in some kernels, and wider in others. */
struct sock {
  struct sock_common __sk_common;
  u16 sk_type;
  u16 sk_protocol;
  u32 sk_priority;
  u32 sk_mark;
} TL_RELOCATED;

struct socket {
  struct sock* sk;
} TL_RELOCATED;

/* Offsets of extensions from the start, in units of 8 bytes. */
struct skb_ext {
  u8 offset[1];
} TL_RELOCATED;

enum skb_ext_id {
  SKB_EXT_SEC_PATH = 1, /* with CONFIG_XFRM */
};

struct sec_path {
  int len;
  int olen;
} TL_RELOCATED;

struct sk_buff {
  unsigned int len;
  u32 hash;
  u32 priority;
  u32 mark;
  u16 network_header; /* from `head`; all ones when it is not set */
  u32 tail;           /* likewise */
  unsigned char* head;
  u8 active_extensions; /* a bit for each enum skb_ext_id */
  struct skb_ext* extensions;
} TL_RELOCATED;

#endif
