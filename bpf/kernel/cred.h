/* SPDX-License-Identifier: GPL-2.0-only */
/* Credentials and what exec makes of them, as far as we read them. */
#ifndef TRIPLINE_KERNEL_CRED_H
#define TRIPLINE_KERNEL_CRED_H

#include "kernel/ns.h"
#include "kernel/task.h"
#include "kernel/types.h"

/* Two 32-bit words before 6.3, one 64-bit word since: 8 bytes with the same meaning on a little-endian machine. */
typedef struct {
  u32 cap[2];
} kernel_cap_t;

struct cred {
  kuid_t uid;
  kgid_t gid;
  kuid_t suid;
  kgid_t sgid;
  kuid_t euid;
  kgid_t egid;
  kuid_t fsuid;
  kgid_t fsgid;
  unsigned int securebits;
  kernel_cap_t cap_inheritable;
  kernel_cap_t cap_permitted;
  kernel_cap_t cap_effective;
  kernel_cap_t cap_ambient;
  struct user_namespace* user_ns;
} TL_RELOCATED;

/* An exec under way. */
struct linux_binprm {
  struct file* file;
  struct cred* cred;      /* the new ones, until they are committed */
  unsigned int per_clear; /* not 0 when the file's set-uid or set-gid bit or capabilities raise something */
  const char* filename;   /* as given to exec; /dev/fd/N[/NAME] for a descriptor */
} TL_RELOCATED;

#endif
