/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a test must ask the kernel before it can call a hook program by hand: where in kernel memory its own map is,
 * where the struct file of an open file is, and what is in it. Run with BPF_PROG_TEST_RUN, never attached.
 */
#include <linux/types.h>

#include "kernel/types.h"

enum { MEMORY_SIZE = 16 << 20 };

struct file;

struct fdtable {
  struct file** fd;
} TL_RELOCATED;

struct files_struct {
  struct fdtable* fdt;
} TL_RELOCATED;

struct task_struct {
  struct files_struct* files;
} TL_RELOCATED;

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __uint(map_flags, BPF_F_MMAPABLE);
  __type(key, u32);
  __type(value, u8[MEMORY_SIZE]);
} memory SEC(".maps");

/* Writes the map's own address into its first word. */
SEC("raw_tp")
int where(u64* args) {
  u32 zero = 0;
  u64* first = bpf_map_lookup_elem(&memory, &zero);

  (void)args;
  if (first) *first = (u64)first;
  return 0;
}

/* Writes the address of the calling process's open file args[0] into the map's first word. */
SEC("raw_tp")
int open_file(u64* args) {
  struct task_struct* task = (void*)bpf_get_current_task();
  struct file** table = BPF_CORE_READ(task, files, fdt, fd);
  u32 zero = 0;
  u64* first = bpf_map_lookup_elem(&memory, &zero);

  if (first) bpf_probe_read_kernel(first, sizeof(*first), table + args[0]);
  return 0;
}

/* Writes the 8 bytes at the kernel address args[0] into the map's first word. */
SEC("raw_tp")
int word(u64* args) {
  u32 zero = 0;
  u64* first = bpf_map_lookup_elem(&memory, &zero);

  if (first) bpf_probe_read_kernel(first, sizeof(*first), (void*)args[0]);
  return 0;
}

char tl_license[] SEC("license") = "GPL";
