/* SPDX-License-Identifier: GPL-2.0-only */
/* The file system's structs, as far as we read them. */
#ifndef TRIPLINE_KERNEL_FS_H
#define TRIPLINE_KERNEL_FS_H

#include "kernel/types.h"

struct dentry;
struct mount;
struct vfsmount;

struct qstr {
  union {
    struct {
      u32 hash;
      u32 len;
    };
    u64 hash_len;
  };
  const unsigned char* name;
} TL_RELOCATED;

struct inode {
  unsigned short i_mode;
  unsigned long i_ino;
  const unsigned int i_nlink;
} TL_RELOCATED;

struct hlist_bl_node {
  struct hlist_bl_node *next, **pprev;
} TL_RELOCATED;

struct dentry {
  struct hlist_bl_node d_hash;
  struct dentry* d_parent;
  struct qstr d_name;
  struct inode* d_inode;
  unsigned char d_iname[32]; /* a short name, up to 6.14 */
} TL_RELOCATED;

/* The same since 6.15. */
union shortname_store {
  unsigned char string[32];
} TL_RELOCATED;
struct dentry___shortname {
  union shortname_store d_shortname;
} TL_RELOCATED;

struct vfsmount {
  struct dentry* mnt_root;
} TL_RELOCATED;

struct mount {
  struct mount* mnt_parent;
  struct dentry* mnt_mountpoint;
  struct vfsmount mnt;
} TL_RELOCATED;

struct path {
  struct vfsmount* mnt;
  struct dentry* dentry;
} TL_RELOCATED;

struct file {
  struct path f_path;
  struct inode* f_inode;
} TL_RELOCATED;

struct kiocb {
  struct file* ki_filp;
} TL_RELOCATED;

struct fdtable {
  unsigned int max_fds;
  struct file** fd;
} TL_RELOCATED;

struct files_struct {
  struct fdtable* fdt;
} TL_RELOCATED;

struct fs_struct {
  struct path root;
  struct path pwd;
} TL_RELOCATED;

#endif
