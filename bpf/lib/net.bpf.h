/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Values of sockets, packets and addresses. Every function gets the address of the object as a number, reads it with
 * helpers, fills value `at` of the slot and returns its status: TL_VALUE_BAD_ADDRESS when there is nothing to read,
 * which fails every filter.
 */
#ifndef TRIPLINE_LIB_NET_BPF_H
#define TRIPLINE_LIB_NET_BPF_H

#include "abi/scratch.h"
#include "kernel/net.h"
#include "lib/read.bpf.h"

enum {
  TL_AF_UNIX = 1,
  TL_AF_INET = 2,
  TL_AF_INET6 = 10,
  TL_PROTO_HOP = 0, /* headers of IPv6 that stand before the one of the transport */
  TL_PROTO_TCP = 6,
  TL_PROTO_UDP = 17,
  TL_PROTO_ROUTING = 43,
  TL_PROTO_FRAGMENT = 44,
  TL_PROTO_AUTH = 51,
  TL_PROTO_DESTINATION = 60,
  TL_IPV4_HEADER = 20, /* bytes without options */
  TL_IPV6_HEADER = 40,
  TL_IPV6_HEADERS_MAX = 7, /* extension headers that are skipped */
  TL_UNIX_PATH = 108,      /* bytes of sockaddr_un.sun_path */
};

static __always_inline u16 tl_host16(u16 network) { return (u16)(network >> 8 | network << 8); }

/* Fills the value from a socket that is known to be one. */
static __always_inline u32 tl_sock_fill(u64 address, struct tl_value* value) {
  struct sock* sock = (void*)address;
  struct tl_sock* out = (void*)&value->head;
  u16 family;

  if (BPF_CORE_READ_INTO(&family, sock, __sk_common.skc_family)) return tl_bad_address(value);
  out->family = family;
  out->type = (u16)BPF_CORE_READ_BITFIELD_PROBED(sock, sk_type);
  out->protocol = (u16)BPF_CORE_READ_BITFIELD_PROBED(sock, sk_protocol);
  out->state = BPF_CORE_READ(sock, __sk_common.skc_state);
  out->mark = BPF_CORE_READ(sock, sk_mark);
  out->priority = BPF_CORE_READ(sock, sk_priority);
  out->cookie = address;
  if (family == TL_AF_INET) {
    BPF_CORE_READ_INTO((u32*)out->local.bytes, sock, __sk_common.skc_rcv_saddr);
    BPF_CORE_READ_INTO((u32*)out->remote.bytes, sock, __sk_common.skc_daddr);
  } else if (family == TL_AF_INET6 && bpf_core_field_exists(sock->__sk_common.skc_v6_daddr)) {
    BPF_CORE_READ_INTO((struct in6_addr*)&out->local, sock, __sk_common.skc_v6_rcv_saddr);
    BPF_CORE_READ_INTO((struct in6_addr*)&out->remote, sock, __sk_common.skc_v6_daddr);
  } else {
    return TL_VALUE_OK;
  }
  out->local_port = BPF_CORE_READ(sock, __sk_common.skc_num);
  out->remote_port = tl_host16(BPF_CORE_READ(sock, __sk_common.skc_dport));
  return TL_VALUE_OK;
}

TL_LIBRARY u32 tl_sock_value(u64 sock, struct tl_slot* slot, u32 at) {
  struct tl_value* value = tl_value_open(slot, at);

  return value ? tl_sock_fill(sock, value) : TL_VALUE_BAD_ADDRESS;
}

TL_LIBRARY u32 tl_socket_value(u64 address, struct tl_slot* slot, u32 at) {
  struct tl_value* value = tl_value_open(slot, at);
  struct socket* socket = (void*)address;

  if (!value) return TL_VALUE_BAD_ADDRESS;
  return tl_sock_fill((u64)BPF_CORE_READ(socket, sk), value);
}

/* A packet's linear part: where it is, and how many bytes of it there are. */
struct tl_packet {
  u64 head;
  u32 end;
};

/* Copies from `at` bytes behind the head; false when the linear part ends before. */
static __always_inline bool tl_packet_read(const struct tl_packet* packet, u32 at, void* to, u32 size) {
  if (at + size > packet->end) return false;
  return !bpf_probe_read_kernel(to, size, (void*)(packet->head + at));
}

static __always_inline void tl_packet_ports(const struct tl_packet* packet, u32 at, struct tl_skb* out) {
  u16 ports[2];

  if (out->protocol != TL_PROTO_TCP && out->protocol != TL_PROTO_UDP) return;
  if (!tl_packet_read(packet, at, ports, sizeof(ports))) return;
  out->source_port = tl_host16(ports[0]);
  out->destination_port = tl_host16(ports[1]);
}

/* The ports are in the first fragment only. */
static __always_inline void tl_packet_ipv4(const struct tl_packet* packet, u32 at, struct tl_skb* out) {
  u8 header[TL_IPV4_HEADER];

  if (!tl_packet_read(packet, at, header, sizeof(header))) return;
  out->family = TL_AF_INET;
  out->protocol = header[9];
  __builtin_memcpy(out->source.bytes, header + 12, 4);
  __builtin_memcpy(out->destination.bytes, header + 16, 4);
  if ((header[6] & 0x1f) == 0 && header[7] == 0) tl_packet_ports(packet, at + (header[0] & 0xf) * 4, out);
}

static __always_inline bool tl_is_extension(u8 protocol) {
  return protocol == TL_PROTO_HOP || protocol == TL_PROTO_ROUTING || protocol == TL_PROTO_FRAGMENT ||
         protocol == TL_PROTO_AUTH || protocol == TL_PROTO_DESTINATION;
}

static __always_inline void tl_packet_ipv6(const struct tl_packet* packet, u32 at, struct tl_skb* out) {
  u8 header[TL_IPV6_HEADER];
  u8 next;
  bool first = true; /* fragment */

  if (!tl_packet_read(packet, at, header, sizeof(header))) return;
  out->family = TL_AF_INET6;
  __builtin_memcpy(out->source.bytes, header + 8, 16);
  __builtin_memcpy(out->destination.bytes, header + 24, 16);
  next = header[6];
  at += sizeof(header);
  for (u32 i = 0; i < TL_IPV6_HEADERS_MAX; i++) {
    u8 extension[4];

    if (!tl_is_extension(next) || !tl_packet_read(packet, at, extension, sizeof(extension))) break;
    if (next == TL_PROTO_FRAGMENT) {
      first = first && extension[2] == 0 && (extension[3] & 0xf8) == 0;
      at += 8;
    } else if (next == TL_PROTO_AUTH) {
      at += (extension[1] + 2) * 4;
    } else {
      at += (extension[1] + 1) * 8;
    }
    next = extension[0];
    if (!first) break;
  }
  out->protocol = next;
  if (first) tl_packet_ports(packet, at, out);
}

static __always_inline void tl_packet_security(const struct sk_buff* skb, struct tl_skb* out) {
  u32 id;
  u8 offset = 0;
  struct skb_ext* extensions;
  const struct sec_path* path;

  if (!bpf_core_enum_value_exists(enum skb_ext_id, SKB_EXT_SEC_PATH)) return;
  id = bpf_core_enum_value(enum skb_ext_id, SKB_EXT_SEC_PATH);
  if (!bpf_core_field_exists(skb->active_extensions)) return;
  if (!(BPF_CORE_READ(skb, active_extensions) >> (id & 7) & 1)) return;
  extensions = BPF_CORE_READ(skb, extensions);
  if (bpf_probe_read_kernel(&offset, 1, (void*)__builtin_preserve_access_index(&extensions->offset) + id))
    return;
  path = (void*)extensions + offset * 8u;
  out->sec_path_len = (u32)BPF_CORE_READ(path, len);
  out->sec_path_olen = (u32)BPF_CORE_READ(path, olen);
}

TL_LIBRARY u32 tl_skb_value(u64 address, struct tl_slot* slot, u32 at) {
  struct tl_value* value = tl_value_open(slot, at);
  struct sk_buff* skb = (void*)address;
  struct tl_packet packet;
  struct tl_skb* out;
  u16 network;
  u8 version = 0;

  if (!value) return TL_VALUE_BAD_ADDRESS;
  out = (void*)&value->head;
  if (BPF_CORE_READ_INTO(&out->len, skb, len)) return tl_bad_address(value);
  out->hash = BPF_CORE_READ(skb, hash);
  out->priority = BPF_CORE_READ(skb, priority);
  out->mark = BPF_CORE_READ(skb, mark);
  tl_packet_security(skb, out);
  network = BPF_CORE_READ(skb, network_header);
  packet.head = (u64)BPF_CORE_READ(skb, head);
  packet.end = BPF_CORE_READ(skb, tail);
  if (network == 0xffff || !tl_packet_read(&packet, network, &version, 1)) return TL_VALUE_OK;
  if (version >> 4 == 4) tl_packet_ipv4(&packet, network, out);
  if (version >> 4 == 6) tl_packet_ipv6(&packet, network, out);
  return TL_VALUE_OK;
}

TL_LIBRARY u32 tl_sockaddr_value(u64 address, struct tl_slot* slot, u32 at) {
  struct tl_value* value = tl_value_open(slot, at);
  struct tl_sockaddr* out;
  u16 family, port = 0;

  if (!value) return TL_VALUE_BAD_ADDRESS;
  out = (void*)&value->head;
  if (tl_copy(&family, sizeof(family), address)) return tl_bad_address(value);
  out->family = family;
  if (family != TL_AF_INET && family != TL_AF_INET6) return TL_VALUE_OK;
  if (tl_copy(&port, sizeof(port), address + 2)) return tl_bad_address(value);
  out->port = tl_host16(port);
  if (family == TL_AF_INET ? tl_copy(out->address.bytes, 4, address + 4)
                           : tl_copy(out->address.bytes, 16, address + 8))
    return tl_bad_address(value);
  return TL_VALUE_OK;
}

/* Bytes of an abstract name whose length nobody tells: up to the last one that is not 0. */
static __always_inline u32 tl_name_length(const u8* buffer) {
  u64 word = 0;
  u32 length = 0;

  for (u32 i = 0; i < (TL_UNIX_PATH + 4) / sizeof(u64); i++) {
    u64 here = ((const u64*)buffer)[i];

    if (here == 0) continue;
    word = here;
    length = i * sizeof(u64);
  }
  for (u32 i = 0; i < sizeof(u64) && word; i++) {
    word >>= 8;
    length++;
  }
  return length;
}

/* `size`: bytes of the whole address as the hooked function is told, 0 when it is not. */
TL_LIBRARY u32 tl_sockaddr_un_value(u64 address, struct tl_slot* slot, u32 at, u32 size) {
  struct tl_value* value = tl_value_open(slot, at);
  u8* buffer = tl_buffer_at(slot, at);
  u32 most = TL_UNIX_PATH;
  struct tl_sockaddr_un* out;
  u16 family;
  u8 first = 0;

  if (!value || !buffer) return TL_VALUE_BAD_ADDRESS;
  out = (void*)&value->head;
  if (tl_copy(&family, sizeof(family), address)) return tl_bad_address(value);
  out->family = family;
  if (family != TL_AF_UNIX) return TL_VALUE_OK;
  if (size != 0) {
    if (size <= sizeof(family)) return TL_VALUE_OK; /* without a name */
    most = size - sizeof(family);
    if (most > TL_UNIX_PATH) most = TL_UNIX_PATH;
  }
  address += sizeof(family);
  if (tl_copy(&first, 1, address)) return tl_bad_address(value);
  barrier_var(most);
  most &= 127;
  if (first) {
    s64 length = tl_copy_text(buffer, most + 1, address);

    if (length < 0) return tl_bad_address(value);
    out->head.size = length > 0 ? (u32)length - 1 : 0;
    return TL_VALUE_OK;
  }
  /* Zeros up to the end of the last word of tl_name_length. */
  *(u64*)(buffer + 104) = 0;
  if (size != 0) {
    if (tl_copy(buffer, (most - 1) & 127, address + 1)) return tl_bad_address(value);
    out->head.size = most - 1;
  } else {
    if (tl_copy(buffer, TL_UNIX_PATH - 1, address + 1)) return tl_bad_address(value);
    out->head.size = tl_name_length(buffer);
  }
  out->is_abstract = out->head.size != 0;
  return TL_VALUE_OK;
}

#endif
