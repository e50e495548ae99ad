// SPDX-License-Identifier: Apache-2.0
// Tests on the names of dentries, read by direct loads: is the last component of a file's path one of these, do its
// first components begin like one of those. A decision tree over immediates answers for any number of names (D12).
// The answers are conservative: `maybe` when in doubt (names too long to be inline, roots of mounts).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compile/builder.h"
#include "kernel/kernel.h"

namespace tripline {

// Where the kernel keeps what the tests read; from its BTF, never from the build.
struct FileOffsets {
  uint32_t file_mnt = 0, file_dentry = 0;        // struct file: f_path.mnt, f_path.dentry
  uint32_t mnt_root = 0;                         // struct vfsmount
  uint32_t parent = 0, name_length = 0;          // struct dentry: d_parent, d_name.len
  uint32_t inline_name = 0, inline_size = 0;     // its d_iname (d_shortname), offset and bytes
  uint32_t task_fs = 0;                          // struct task_struct
  uint32_t fs_root_mnt = 0, fs_root_dentry = 0;  // struct fs_struct: root.mnt, root.dentry
};

// Absent when the kernel's BTF lacks a member; then no name can be tested.
[[nodiscard]] std::optional<FileOffsets> file_offsets(const Kernel& kernel);

// Paths that a file may have: how its last component, or its first ones, can look.
struct Leaf {
  std::string name;
  std::string folder;  // the name of the component before it; empty when that can be anything
  auto operator<=>(const Leaf&) const = default;
};
struct LeafSet {
  std::vector<Leaf> leaves;
};
struct Beginning {
  std::string first;   // bytes the first component begins with; with a NUL at its end when that is all of it
  std::string second;  // likewise the second component; empty when it does not matter
  bool operator==(const Beginning&) const = default;
  auto operator<=>(const Beginning&) const = default;
};
struct BeginningSet {
  std::vector<Beginning> beginnings;
};

// The last components, two where there are, of paths that equal one of `values`; absent when the last one says nothing.
[[nodiscard]] std::optional<LeafSet> leaves_of_equal(const std::vector<std::string>& values);
// The last components of paths that end in one of `values`.
[[nodiscard]] std::optional<LeafSet> leaves_of_postfix(const std::vector<std::string>& values);
// The first components of paths that begin with one of `values`.
[[nodiscard]] std::optional<BeginningSet> beginnings_of_prefix(const std::vector<std::string>& values);

// Goes to `maybe` when the last two components of `file`'s path may be in the set, else to `no`.
void test_leaf(Builder& builder, const FileOffsets& offsets, ir::Value file, const LeafSet& set, Label maybe,
               Label no);
// Goes to `maybe` when the first components of `file`'s path may be in the set, else to `no`. `task` is the current
// task, a typed pointer.
void test_beginning(Builder& builder, const FileOffsets& offsets, ir::Value file, ir::Value task,
                    const BeginningSet& set, Label maybe, Label no);

}  // namespace tripline
