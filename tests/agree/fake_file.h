// SPDX-License-Identifier: Apache-2.0
// Files that exist only for a program under test: a description of where a file is in a tree of mounts, the path it
// has by the rules of the kernel's d_path(), and the structs that say so to a program.
//
// In this machine's kernel a fake tree never meets the calling process's root: a walk of it ends at the outermost
// mount. Where the task is fake too, its root can be anywhere in the tree.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agree/memory.h"
#include "kernel/kernel.h"
#include "oracle/generate.h"
#include "oracle/oracle.h"

namespace tripline::agree {

// One mount on the way from the root of everything to a file.
struct FakeMount {
  std::vector<std::string>
      above;  // names over the mount's root in its file system: a bind mount; not part of a path
  std::vector<std::string> below;  // names from its root down to the next mount, or to the file
};

// The root of the process that makes the call: a place on the way to the file. With either half of it somewhere else
// it is not the root that a walk looks for.
struct FakeRoot {
  size_t mount = 0;  // index into FakeFile::mounts
  size_t depth = 0;  // how many of its names `below` lead there
  bool other_mount = false;
  bool other_dentry = false;
};

struct FakeFile {
  bool absent = false;            // no file at all: the argument is a null pointer
  std::vector<FakeMount> mounts;  // from the outside in; at least one
  bool unhashed = false;          // in no hash: removed while in use, or, without an inode, being made
  bool nameless = false;  // a pipe or a socket: its dentry is its own parent, and not the root of its mount
  bool has_inode = true;
  uint16_t mode = 0;
  std::optional<FakeRoot> root;  // absent: not on the way
};

// What an event says of the file.
[[nodiscard]] oracle::File seen(const FakeFile& file);

// And of its dentry alone, whose path begins at the root of its file system.
[[nodiscard]] oracle::File seen_dentry(const FakeFile& file);

// A file whose path is `path`, which may end in " (deleted)", cut into mounts at random; at times one without a name.
[[nodiscard]] FakeFile random_fake(oracle::Random& random, const std::string& path);

// Chooses the root of the process, on the way to the file or near it.
[[nodiscard]] FakeRoot random_root(oracle::Random& random, const FakeFile& file);

// Where the kernel under test keeps what a path is made of.
struct Layout {
  uint32_t file_size = 0, file_mnt = 0, file_dentry = 0, file_inode = 0;
  uint32_t dentry_size = 0, parent = 0, name = 0, name_length = 0, name_hash = 0, inline_name = 0,
           inline_size = 0, hashed = 0, dentry_inode = 0;
  uint32_t mount_size = 0, mount_parent = 0, mountpoint = 0, vfsmount = 0, mnt_root = 0;
  uint32_t inode_size = 0, mode = 0;
  uint32_t task_size = 0, task_fs = 0, fs_size = 0, fs_root_mnt = 0, fs_root_dentry = 0;
};
[[nodiscard]] std::optional<Layout> layout_of(const Btf& btf);

// Addresses of what was written.
struct Placed {
  uint64_t file = 0;    // struct file; 0 when the file is absent
  uint64_t dentry = 0;  // likewise its struct dentry
  uint64_t task = 0;    // struct task_struct of a process that has the root
};

// Writes the file's structs, everything that does not matter filled with what confuses most; absent when the memory is
// full.
[[nodiscard]] std::optional<Placed> place(Memory& memory, const Layout& layout, oracle::Random& random,
                                          const FakeFile& file);

[[nodiscard]] std::string describe(const FakeFile& file);

}  // namespace tripline::agree
