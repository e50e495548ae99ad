/* SPDX-License-Identifier: GPL-2.0-only */
/* Processes and threads, as far as we read them. */
#ifndef TRIPLINE_KERNEL_TASK_H
#define TRIPLINE_KERNEL_TASK_H

#include "kernel/fs.h"
#include "kernel/types.h"

struct task_struct {
	struct fs_struct *fs;
} TL_RELOCATED;

#endif
