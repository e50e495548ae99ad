/* SPDX-License-Identifier: GPL-2.0-only */
/* BPF programs and maps, perf events and modules, as far as we read them. */
#ifndef TRIPLINE_KERNEL_OBJECT_H
#define TRIPLINE_KERNEL_OBJECT_H

#include "kernel/types.h"

struct bpf_prog_aux {
  char name[16];
} TL_RELOCATED;

struct bpf_prog {
  enum bpf_prog_type type;
  u32 len; /* instructions */
  struct bpf_prog_aux* aux;
} TL_RELOCATED;

struct bpf_map {
  enum bpf_map_type map_type;
  u32 key_size;
  u32 value_size;
  u32 max_entries;
  char name[16];
} TL_RELOCATED;

/* What perf_event_open was asked for. */
struct perf_event_attr {
  u32 type;
  u64 config;
  u64 kprobe_func;  /* address of the caller's text */
  u64 probe_offset; /* the two share their places with others: they mean something for kprobes only */
} TL_RELOCATED;

struct perf_event {
  struct perf_event_attr attr;
} TL_RELOCATED;

struct module {
  char name[56];
  unsigned long taints;
} TL_RELOCATED;

struct load_info {
  const char* name;
  struct module* mod;
  bool sig_ok; /* with CONFIG_MODULE_SIG */
} TL_RELOCATED;

#endif
