/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Builds the path of a (mount, dentry) pair as the calling process sees it, by walking dentries up to the process's
 * root; what prepend_path() of fs/d_path.c does, without its locks. Read races a rename: the kernel's own answer would
 * be from before or after it, ours can mix the two. Nothing is followed that is not mapped: reads go through
 * bpf_probe_read_kernel or are fixed up by the kernel, so a race yields wrong bytes, never a fault.
 *
 * The path is written backwards into a buffer of TL_BUFFER_SIZE bytes and ends at TL_PATH_END (abi/scratch.h).
 */
#ifndef TRIPLINE_LIB_PATH_BPF_H
#define TRIPLINE_LIB_PATH_BPF_H

#include "abi/scratch.h"
#include "kernel/fs.h"
#include "kernel/task.h"
#include "kernel/types.h"

enum tl_walk_limit {
  TL_DELETED = 10,   /* bytes of " (deleted)" */
  TL_NAME_MAX = 255, /* bytes of one component, NAME_MAX of the kernel */
  TL_WALK_OLD = 512, /* components on kernels without bpf_loop; deeper paths are unresolved */
  TL_WALK_PART = 32, /* of them that the verifier looks at */
};

enum tl_walk_state {
  TL_WALK_ON = 0,
  TL_WALK_DONE, /* at the process's root, or at the root of everything */
  TL_WALK_TOO_LONG,
};

/* Where a walk stands. Pointers are plain addresses here: a walk that crosses a mount has no typed pointer. */
struct tl_walk {
  u64 dentry;
  u64 mnt;         /* struct vfsmount */
  u64 mnt_root;    /* its mnt_root */
  u64 root_dentry; /* the process's root */
  u64 root_mnt;
  u32 start; /* offset of the first byte built so far */
  u32 state; /* enum tl_walk_state */
  u32 slot;  /* where TL_OLD_KERNEL is defined: the key of the memory that this is in */
  u32 at;    /* and the value whose buffer it is for */
};

/* Puts "/NAME" in front of what is built; false when it does not fit. */
static __always_inline bool tl_walk_prepend(u8* buffer, u32* start, const unsigned char* name, u32 len) {
  u32 at = *start;

  len &= TL_NAME_MAX; /* no file system has longer ones; a bound that every verifier keeps in this register */
  if (at > TL_PATH_END || at < len + 2) /* offset 0 stays unused: 4095 bytes at most */
    return false;
  at -= len + 1;
  at &= TL_PATH_END - 1;
  buffer[at] = '/';
  if (len > 0) bpf_probe_read_kernel(buffer + at + 1, len, name);
  *start = at;
  return true;
}

#ifdef TL_TYPED
enum { TL_WALK_SHORT = 16 }; /* bytes of a name that are loaded, not read by a helper */

/* Where a dentry keeps a short name. */
static __always_inline const u64* tl_short_name(struct dentry* dentry) {
  struct dentry___shortname* newer = (void*)dentry;

  if (bpf_core_field_exists(newer->d_shortname))
    return (const void*)__builtin_preserve_access_index(&newer->d_shortname);
  return (const void*)__builtin_preserve_access_index(&dentry->d_iname);
}

/* The same of a typed dentry. Words are written forward: the last one goes over what is built, which is put back. */
static __always_inline bool tl_walk_prepend_typed(u8* buffer, u32* start, struct dentry* dentry) {
  const unsigned char* name = dentry->d_name.name;
  const u64* words = tl_short_name(dentry);
  u32 len = dentry->d_name.len;
  u32 end = *start, at;
  u64 place = (u64)words, built;

  barrier_var(place); /* or what is equal to it may be loaded through in place of the typed pointer */
  if ((u64)name != place || len > TL_WALK_SHORT) return tl_walk_prepend(buffer, start, name, len);
  if (end > TL_PATH_END || end < len + 2) return false;
  at = end - len - 1;
  at &= TL_PATH_END - 1;
  built = *(u64*)(buffer + end);
  buffer[at] = '/';
  *(u64*)(buffer + at + 1) = words[0];
  if (len > sizeof(u64)) *(u64*)(buffer + at + 1 + sizeof(u64)) = words[1];
  *(u64*)(buffer + end) = built;
  *start = at;
  return true;
}
#endif

/* What a step asks of a dentry, and of a mount. In every kernel so far these members stand together, in this order. */
struct tl_name {
  u64 parent;
  u64 hash_len; /* the length above 32 bits of hash */
  u64 name;
};

struct tl_mounted {
  u64 parent;
  u64 mountpoint;
};

/* A helper call costs as much as a hundred instructions, so they are read in one; all 0 when they cannot be. */
static __always_inline void tl_read_name(struct dentry* dentry, struct tl_name* out) {
  const u32 at = bpf_core_field_offset(struct dentry, d_parent);

  if (bpf_core_field_offset(struct dentry, d_name.hash_len) == at + offsetof(struct tl_name, hash_len) &&
      bpf_core_field_offset(struct dentry, d_name.name) == at + offsetof(struct tl_name, name)) {
    bpf_probe_read_kernel(out, sizeof(*out), (void*)dentry + at);
    return;
  }
  out->parent = (u64)BPF_CORE_READ(dentry, d_parent);
  out->hash_len = BPF_CORE_READ(dentry, d_name.hash_len);
  out->name = (u64)BPF_CORE_READ(dentry, d_name.name);
}

static __always_inline void tl_read_mounted(struct mount* mount, struct tl_mounted* out) {
  const u32 at = bpf_core_field_offset(struct mount, mnt_parent);

  if (bpf_core_field_offset(struct mount, mnt_mountpoint) == at + offsetof(struct tl_mounted, mountpoint)) {
    bpf_probe_read_kernel(out, sizeof(*out), (void*)mount + at);
    return;
  }
  out->parent = (u64)BPF_CORE_READ(mount, mnt_parent);
  out->mountpoint = (u64)BPF_CORE_READ(mount, mnt_mountpoint);
}

/* One step of the general walk: up one component, or out of a mount. */
static __always_inline u32 tl_walk_step(struct tl_walk* walk, u8* buffer) {
  u32 start = walk->start;
  struct tl_name name;

  if (walk->dentry == walk->root_dentry && walk->mnt == walk->root_mnt) return TL_WALK_DONE;
  if (walk->dentry == walk->mnt_root) {
    struct mount* mount = (void*)(walk->mnt - bpf_core_field_offset(struct mount, mnt));
    struct mount* above;
    struct tl_mounted on;

    tl_read_mounted(mount, &on);
    above = (void*)on.parent;
    if (above == mount || !above)
      return TL_WALK_DONE; /* the global root, or a mount that is mounted nowhere */
    walk->dentry = on.mountpoint;
    walk->mnt = (u64)above + bpf_core_field_offset(struct mount, mnt);
    walk->mnt_root = (u64)BPF_CORE_READ(above, mnt.mnt_root);
    return TL_WALK_ON;
  }
  tl_read_name((void*)walk->dentry, &name);
  if (name.parent == walk->dentry || !name.parent)
    return TL_WALK_DONE; /* an object without a name: pipe, socket, memfd */
  if (!tl_walk_prepend(buffer, &start, (void*)name.name, name.hash_len >> 32)) return TL_WALK_TOO_LONG;
  walk->start = start;
  walk->dentry = name.parent;
  return TL_WALK_ON;
}

#ifdef TL_OLD_KERNEL
/*
 * The loop is the most of what the verifier has to look at, which keeps its rounds apart and compares each with those
 * before. So a part of the walk is a function of its own, verified once for the whole program, and another one calls it
 * as often as it takes: no loop stands in what is verified at each call. Such functions take no pointers there; the
 * memory to work on is found by its key.
 */
int tl_walk_part_by_key(u32 key, u32 at);
int tl_walk_by_key(u32 key, u32 at);

static __always_inline void tl_walk_up(struct tl_walk* walk, u8* buffer) {
  (void)buffer;
  walk->state = TL_WALK_TOO_LONG; /* when there is no such memory, which is never */
  tl_walk_by_key(walk->slot, walk->at);
}

/* What tl_walk_part_by_key is to do, with the memory of that key. */
static __always_inline int tl_walk_part(struct tl_walk* walk, u8* buffer) {
  for (u32 i = 0; i < TL_WALK_PART; i++) {
    u32 state = tl_walk_step(walk, buffer);

    if (state != TL_WALK_ON) {
      walk->state = state;
      break;
    }
  }
  return 0;
}

/* What tl_walk_by_key is to do. */
static __always_inline int tl_walk_parts(struct tl_walk* walk, u32 key, u32 at) {
  walk->state = TL_WALK_ON;
  for (u32 i = 0; i < TL_WALK_OLD / TL_WALK_PART && walk->state == TL_WALK_ON; i++)
    tl_walk_part_by_key(key, at);
  if (walk->state == TL_WALK_ON) walk->state = TL_WALK_TOO_LONG;
  return 0;
}
#else
struct tl_walk_context {
  struct tl_walk* walk;
  u8* buffer;
};

static long tl_walk_each(u32 index, struct tl_walk_context* context) {
  struct tl_walk* walk = context->walk;

  (void)index;
  walk->state = tl_walk_step(walk, context->buffer);
  return walk->state != TL_WALK_ON;
}

/* Twice TL_PATH_DEPTH: every component can have a mount on it. */
static __always_inline void tl_walk_up(struct tl_walk* walk, u8* buffer) {
  struct tl_walk_context context = {.walk = walk, .buffer = buffer};

  walk->state = TL_WALK_ON;
  bpf_loop(2 * TL_PATH_DEPTH, tl_walk_each, &context, 0);
  if (walk->state == TL_WALK_ON) walk->state = TL_WALK_TOO_LONG;
}
#endif

/*
 * Was the name taken out of its directory? d_unlinked() of include/linux/dcache.h asks whether it is hashed. A name
 * that is being looked up or made is not hashed yet either, but it has no inode; one that was removed while in use
 * keeps its own.
 */
static __always_inline bool tl_unlinked(struct dentry* dentry) {
  return !BPF_CORE_READ(dentry, d_hash.pprev) && BPF_CORE_READ(dentry, d_parent) != dentry &&
         BPF_CORE_READ(dentry, d_inode);
}

/* " (deleted)" at the end of the buffer; returns the new start. */
static __always_inline u32 tl_walk_deleted(u8* buffer) {
  u32 start = TL_PATH_END - TL_DELETED;

  /* Byte by byte: a string constant would need a map of its own. */
  buffer[start] = ' ';
  buffer[start + 1] = '(';
  buffer[start + 2] = 'd';
  buffer[start + 3] = 'e';
  buffer[start + 4] = 'l';
  buffer[start + 5] = 'e';
  buffer[start + 6] = 't';
  buffer[start + 7] = 'e';
  buffer[start + 8] = 'd';
  buffer[start + 9] = ')';
  return start;
}

/* Walks on from where `walk` stands to the end; returns enum tl_path_value. */
static __always_inline u32 tl_walk_finish(struct tl_walk* walk, u8* buffer) {
  u32 start;

  tl_walk_up(walk, buffer);
  if (walk->state != TL_WALK_DONE)
    return TL_PATH_END | TL_PATH_UNRESOLVED; /* the event says so; path filters fail */
  start = walk->start & TL_PATH_START;
  if (walk->dentry != walk->mnt_root && walk->dentry != walk->root_dentry) return start;
  /* A root itself has no component; without its directory it is "/ (deleted)". */
  if (start == TL_PATH_END ||
      (start == TL_PATH_END - TL_DELETED && buffer[TL_PATH_END - TL_DELETED] == ' ')) {
    start -= 1;
    buffer[start] = '/';
  }
  return start;
}

/*
 * The path of (mnt, dentry), plain addresses, seen from (root_mnt, root_dentry), in `buffer`. `walk` is memory to work
 * in: map memory, so that what is stored there is a plain number to the verifier. Returns enum tl_path_value. An
 * object without a name has an empty path.
 */
static __always_inline u32 tl_path_build(struct tl_walk* walk, u64 mnt, u64 dentry, u64 root_mnt,
                                         u64 root_dentry, u8* buffer) {
  walk->dentry = dentry;
  walk->mnt = mnt;
  walk->mnt_root = (u64)BPF_CORE_READ((struct vfsmount*)mnt, mnt_root);
  walk->root_dentry = root_dentry;
  walk->root_mnt = root_mnt;
  walk->start = tl_unlinked((void*)dentry) ? tl_walk_deleted(buffer) : TL_PATH_END;
  return tl_walk_finish(walk, buffer);
}

#endif
