/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Paths of anything but a typed struct file: of descriptors, struct path, struct dentry, struct kiocb, struct
 * linux_binprm, and of a struct file that `resolve` leads to. All of it is read by probe reads.
 */
#ifndef TRIPLINE_LIB_PLACE_BPF_H
#define TRIPLINE_LIB_PLACE_BPF_H

#include "abi/scratch.h"
#include "kernel/cred.h"
#include "kernel/fs.h"
#include "kernel/task.h"
#include "kernel/types.h"
#include "lib/path.bpf.h"

/* The file that descriptor `fd` of the calling process is open for; NULL when it is not open. */
static __always_inline struct file* tl_fd_file(u64 fd) {
  struct task_struct* task = (void*)bpf_get_current_task();
  struct fdtable* table = BPF_CORE_READ(task, files, fdt);
  struct file* file = NULL;

  if (!table || fd >= BPF_CORE_READ(table, max_fds)) return NULL;
  bpf_probe_read_kernel(&file, sizeof(file), (void*)BPF_CORE_READ(table, fd) + fd * sizeof(file));
  return file;
}

/* The path of `dentry` inside its file system. */
static __always_inline u32 tl_dentry_build(struct tl_walk* walk, struct dentry* dentry, u8* buffer) {
  u32 path = tl_path_build(walk, 0, (u64)dentry, 0, 0, buffer);
  u8 first = 0;

  if (path != TL_PATH_END) return path;
  /* The root of a file system is called "/", what has no place in any is not. */
  bpf_probe_read_kernel(&first, sizeof(first), BPF_CORE_READ(dentry, d_name.name));
  if (first != '/') return path;
  buffer[TL_PATH_END - 1] = '/';
  return TL_PATH_END - 1;
}

static __always_inline u32 tl_place_read(u64 address, struct tl_slot* slot, u32 at, u32 what) {
  struct task_struct* task = (void*)bpf_get_current_task();
  struct tl_value* value = tl_value_at(slot, at);
  u8* buffer = tl_buffer_at(slot, at);
  struct dentry* dentry = NULL;
  struct vfsmount* mnt = NULL;
  struct inode* inode = NULL;
  struct file* file = NULL;
  struct tl_walk* walk;
  u32 path;

  barrier_var(buffer); /* or it is not compared itself; see tl_find_in */
  if (!value || !buffer) return TL_PATH_END | TL_PATH_UNRESOLVED; /* never generated */
  walk = (void*)slot->walk;
  tl_walk_in(walk, slot, at);
  value->from = TL_PATH_END;
  value->path.head.size = 0;
  value->path.head.status = TL_VALUE_OK;
  value->path.mode = 0;
  value->path.flags = TL_PATH_FLAG_NO_INODE;
  value->path.reserved = 0;
  switch (what) {
    case TL_PLACE_FILE:
      file = (void*)address;
      break;
    case TL_PLACE_FD:
      file = tl_fd_file(address);
      break;
    case TL_PLACE_KIOCB:
      file = BPF_CORE_READ((struct kiocb*)address, ki_filp);
      break;
    case TL_PLACE_BINPRM:
      file = BPF_CORE_READ((struct linux_binprm*)address, file);
      break;
    case TL_PLACE_PATH:
      mnt = BPF_CORE_READ((struct path*)address, mnt);
      dentry = BPF_CORE_READ((struct path*)address, dentry);
      break;
    case TL_PLACE_DENTRY:
      dentry = (void*)address;
      break;
  }
  if (file) {
    mnt = BPF_CORE_READ(file, f_path.mnt);
    dentry = BPF_CORE_READ(file, f_path.dentry);
    inode = BPF_CORE_READ(file, f_inode);
  } else if (dentry) {
    inode = BPF_CORE_READ(dentry, d_inode);
  }
  if (!dentry) return TL_PATH_END; /* nothing there: an empty path */
  path = what == TL_PLACE_DENTRY
             ? tl_dentry_build(walk, dentry, buffer)
             : tl_path_build(walk, (u64)mnt, (u64)dentry, (u64)BPF_CORE_READ(task, fs, root.mnt),
                             (u64)BPF_CORE_READ(task, fs, root.dentry), buffer);
  value->path.flags = path & TL_PATH_UNRESOLVED ? TL_PATH_FLAG_UNRESOLVED : 0;
  if (inode)
    value->path.mode = BPF_CORE_READ(inode, i_mode);
  else
    value->path.flags |= TL_PATH_FLAG_NO_INODE;
  value->from = path & TL_PATH_START;
  value->path.head.size = TL_PATH_END - value->from;
  return path;
}

/*
 * The path of what `address` is, an enum tl_place; else as tl_file_value.
 *
 * Verified once, on its own, for a reason besides the time that takes: of several calls in one program Linux 6.1 takes
 * what one returned for known, and leaves out what is done when it is something else.
 */
TL_SHARED u32 tl_place_value(u64 address, struct tl_slot* slot, u32 at, u32 what) {
  if (!slot) return TL_PATH_END | TL_PATH_UNRESOLVED; /* never generated */
  barrier_var(slot); /* or what is compared with NULL later is computed before this */
  return tl_place_read(address, slot, at, what);
}

#endif
