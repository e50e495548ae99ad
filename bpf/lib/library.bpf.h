/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declares every function that generated programs call. A definition that differs from what they are told of it does not
 * compile.
 */
#ifndef TRIPLINE_LIB_LIBRARY_BPF_H
#define TRIPLINE_LIB_LIBRARY_BPF_H

#include <linux/types.h>

#include "abi/library.h"
#include "kernel/types.h"

struct file;
struct tl_slot;

#define TL_DECLARE(result, name, parameters, how) result name parameters;
TL_LIBRARY_FUNCTIONS(TL_DECLARE)
#undef TL_DECLARE

#endif
