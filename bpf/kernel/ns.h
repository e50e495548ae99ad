/* SPDX-License-Identifier: GPL-2.0-only */
/* Namespaces, as far as we read them: the inode number that names each. */
#ifndef TRIPLINE_KERNEL_NS_H
#define TRIPLINE_KERNEL_NS_H

#include "kernel/task.h"
#include "kernel/types.h"

struct ns_common {
  unsigned int inum;
} TL_RELOCATED;

struct uts_namespace {
  struct ns_common ns;
} TL_RELOCATED;

struct ipc_namespace {
  struct ns_common ns;
} TL_RELOCATED;

struct mnt_namespace {
  struct ns_common ns;
} TL_RELOCATED;

struct pid_namespace {
  struct ns_common ns;
} TL_RELOCATED;

struct net {
  struct ns_common ns;
} TL_RELOCATED;

struct time_namespace {
  struct ns_common ns;
} TL_RELOCATED;

struct cgroup_namespace {
  struct ns_common ns;
} TL_RELOCATED;

struct user_namespace {
  int level; /* 0 is the initial one */
  kuid_t owner;
  kgid_t group;
  struct ns_common ns;
} TL_RELOCATED;

struct nsproxy {
  struct uts_namespace* uts_ns;
  struct ipc_namespace* ipc_ns;
  struct mnt_namespace* mnt_ns;
  struct pid_namespace* pid_ns_for_children;
  struct net* net_ns;
  struct time_namespace* time_ns; /* since 5.6 */
  struct time_namespace* time_ns_for_children;
  struct cgroup_namespace* cgroup_ns;
} TL_RELOCATED;

#endif
