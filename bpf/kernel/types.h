/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every BPF source of ours starts from: fixed-width types, helpers, CO-RE macros. The kernel structs in this
 * folder name only the members that are read; their offsets come from the running kernel's BTF.
 */
#ifndef TRIPLINE_KERNEL_TYPES_H
#define TRIPLINE_KERNEL_TYPES_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;

#define TL_RELOCATED __attribute__((preserve_access_index))

/* Of a pointer in a map: the kernel keeps it without holding what it points to. */
#define TL_UNTRUSTED __attribute__((btf_type_tag("kptr_untrusted")))

/* libbpf loads hidden functions as static subprograms, so that typed kernel pointers can be passed to them. */
#define TL_LIBRARY __hidden __attribute__((noinline))

#endif
