/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel gives the programs of its tracepoints, as far as we read it. */
#ifndef TRIPLINE_KERNEL_TRACE_H
#define TRIPLINE_KERNEL_TRACE_H

#include "kernel/types.h"

/* The fields of events/sched/sched_process_exec/format. */
struct trace_event_raw_sched_process_exec {
  u32 __data_loc_filename; /* low half: bytes from the start of this */
} TL_RELOCATED;

#endif
