/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tracepoint programs need besides plain fields: offsets in the record, and the ABI of a system call. The
 * context of such a program is the record; what it holds of variable length stands behind its fields.
 */
#ifndef TRIPLINE_LIB_TRACEPOINT_BPF_H
#define TRIPLINE_LIB_TRACEPOINT_BPF_H

enum {
  TL_LOCATION_OFFSET =
      0xffff, /* of a __data_loc field: bytes from the start of the record; above that the size */
};

/* Bit 31 when the thread is in a system call of the 32-bit mode, else 0. */
TL_LIBRARY u64 tl_syscall_abi(void) {
  struct task_struct* task = (void*)bpf_get_current_task();

  return BPF_CORE_READ(task, thread_info.status) & TL_TS_COMPAT ? 1UL << 31 : 0;
}

/* Address of the field at `offset` of the record. A plain number, which the pointer to the context is not. */
TL_LIBRARY u64 tl_record_address(u64* context, u32 offset) {
  u64 pointer = (u64)context;
  u64 out = 0;

  bpf_probe_read_kernel(&out, sizeof(out), &pointer);
  return out + offset;
}

/* Address of what the __data_loc field at `offset` names; 0 when it cannot be read, which ends as an error. */
TL_LIBRARY u64 tl_record_data(u64* context, u32 offset) {
  u64 record = tl_record_address(context, 0);
  u32 location;

  if (bpf_probe_read_kernel(&location, sizeof(location), (void*)(record + offset)))
    return 0; /* never happens */
  return record + (location & TL_LOCATION_OFFSET);
}

#endif
