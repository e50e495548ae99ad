/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What a hook record says of one value: an argument, the value returned, a stack. Every field opens with struct
 * tl_field; what follows depends on its type (FieldType of src/object/object.h), is of fixed size, and is empty for
 * text. Bytes of variable length follow the fixed parts of all fields, in the order of the fields.
 *
 * Numbers are in host order unless said otherwise; addresses and ports of the network are as named.
 */
#ifndef TRIPLINE_ABI_VALUE_H
#define TRIPLINE_ABI_VALUE_H

#include "abi/record.h"

/* Why there is no value. */
enum tl_status {
  TL_VALUE_OK = 0,
  TL_VALUE_BAD_ADDRESS,        /* what the value is read from is not mapped */
  TL_VALUE_BUFFER_FAULT,       /* a buffer of the caller is not mapped, or not all of it */
  TL_VALUE_BUFFER_TOO_LARGE,   /* one of several buffers is larger than can be read */
  TL_VALUE_BAD_STEP = 0x10000, /* `resolve`: plus the number of the step, from 0, that led nowhere */
};

/* Of thread_info.status on x86: the thread is in a system call of the 32-bit mode. */
enum tl_thread_status { TL_TS_COMPAT = 2 };

struct tl_field {
  __u32 size;   /* bytes of variable length that belong to it */
  __u32 status; /* enum tl_status; unless it is TL_VALUE_OK the rest is 0 and size too */
};

/* Integers of any width, extended to 64 bits by their sign; sets of capabilities; ids. */
struct tl_number {
  struct tl_field head;
  __u64 number;
};

/* Bytes: what could be read. */
struct tl_bytes {
  struct tl_field head;
  __u64 whole; /* bytes that there are */
};

enum tl_path_flag {
  TL_PATH_FLAG_UNRESOLVED =
      1 << 0, /* longer than TL_PATH_MAX or deeper than can be walked: there are no bytes */
  TL_PATH_FLAG_NO_INODE =
      1 << 1, /* no file at all: a descriptor that is not open; a dentry without an inode */
};

/* A file, path, dentry, program to execute; bytes: the path, empty for what has no name. */
struct tl_path {
  struct tl_field head;
  __u16 mode;  /* of the inode */
  __u16 flags; /* enum tl_path_flag */
  __u32 reserved;
};

/* An address of IPv4 is in the first 4 bytes, in network order. */
struct tl_address {
  __u8 bytes[16];
};

struct tl_sock {
  struct tl_field head;
  __u16 family; /* AF_* */
  __u16 type;   /* SOCK_* */
  __u16 protocol;
  __u16 state; /* TCP_* */
  __u32 mark;
  __u32 priority;
  struct tl_address local, remote;
  __u16 local_port, remote_port; /* host order */
  __u32 reserved;
  __u64 cookie; /* address of the struct sock */
};

struct tl_skb {
  struct tl_field head;
  __u32 hash, len, priority, mark;
  struct tl_address source, destination;
  __u16 source_port, destination_port; /* host order; 0 unless TCP or UDP */
  __u16 family;                        /* AF_INET, AF_INET6, or 0: not parsed */
  __u16 protocol;                      /* IPPROTO_*, of the last header */
  __u32 sec_path_len, sec_path_olen;   /* of the IPsec extension */
};

struct tl_sockaddr {
  struct tl_field head;
  __u16 family;
  __u16 port; /* host order; 0 for families other than IPv4 and IPv6 */
  __u32 reserved;
  struct tl_address address;
};

/* Bytes: the path, or an abstract name without its leading NUL. */
struct tl_sockaddr_un {
  struct tl_field head;
  __u16 family;
  __u16 is_abstract;
  __u32 reserved;
};

struct tl_user_namespace {
  __u32 level; /* 0: the initial one */
  __u32 uid, gid;
  __u32 inum;
};

struct tl_user_namespace_value {
  struct tl_field head;
  struct tl_user_namespace ns;
};

struct tl_cred_value {
  struct tl_field head;
  struct tl_cred cred;
  struct tl_user_namespace ns;
};

enum { TL_OBJECT_NAME = 16 };

/* union bpf_attr of a program load, or struct bpf_prog. */
struct tl_bpf_prog {
  struct tl_field head;
  __u32 type;
  __u32 instructions;
  __u8 name[TL_OBJECT_NAME];
};

struct tl_bpf_map {
  struct tl_field head;
  __u32 type;
  __u32 key_size, value_size, max_entries;
  __u8 name[TL_OBJECT_NAME];
};

/* Bytes: the function of a kprobe. */
struct tl_perf_event {
  struct tl_field head;
  __u32 type;
  __u32 reserved;
  __u64 config;
  __u64 probe_offset;
};

/* struct module or struct load_info. Bytes: the name. */
struct tl_module {
  struct tl_field head;
  __u64 taints;
  __u32 signature_ok; /* load_info only */
  __u32 reserved;
};

/* Bytes: the hash. */
struct tl_ima_hash {
  struct tl_field head;
  __u32 algorithm; /* enum hash_algo of the kernel */
  __u32 reserved;
};

enum { TL_BUILD_ID_MAX = 20 };

/* Which build of a program or library a file holds. */
struct tl_build_id {
  struct tl_field head;
  __u64 inode; /* to find the file by, where the id was not found in memory */
  __u64 bytes; /* of the file */
  __u32 known; /* bytes of the id; 0: it is not known here */
  __u8 id[TL_BUILD_ID_MAX];
};

/* The process that a tracked socket belongs to: the event is its, not the calling one's. tgid 0: nobody's. */
struct tl_owner {
  struct tl_field head;
  __u32 tgid, tid;
};

TL_STATIC_ASSERT(sizeof(struct tl_field) == 8, "layout");
TL_STATIC_ASSERT(sizeof(struct tl_number) == 16, "layout");
TL_STATIC_ASSERT(sizeof(struct tl_bytes) == 16, "layout");
TL_STATIC_ASSERT(sizeof(struct tl_path) == 16, "layout");
TL_STATIC_ASSERT(sizeof(struct tl_sock) == 72, "layout");
TL_STATIC_ASSERT(sizeof(struct tl_skb) == 72, "layout");
TL_STATIC_ASSERT(sizeof(struct tl_sockaddr) == 32, "layout");
TL_STATIC_ASSERT(sizeof(struct tl_sockaddr_un) == 16, "layout");
TL_STATIC_ASSERT(sizeof(struct tl_user_namespace_value) == 24, "layout");
TL_STATIC_ASSERT(sizeof(struct tl_cred_value) == 88, "layout");
TL_STATIC_ASSERT(sizeof(struct tl_bpf_prog) == 32, "layout");
TL_STATIC_ASSERT(sizeof(struct tl_bpf_map) == 40, "layout");
TL_STATIC_ASSERT(sizeof(struct tl_perf_event) == 32, "layout");
TL_STATIC_ASSERT(sizeof(struct tl_module) == 24, "layout");
TL_STATIC_ASSERT(sizeof(struct tl_ima_hash) == 16, "layout");
TL_STATIC_ASSERT(sizeof(struct tl_build_id) == 48, "layout");
TL_STATIC_ASSERT(sizeof(struct tl_owner) == 16, "layout");

#endif
