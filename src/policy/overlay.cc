// SPDX-License-Identifier: Apache-2.0
#include "policy/overlay.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace tripline::policy {
namespace {

// Sorted. LSM hooks are here by the function that calls them.
constexpr auto kFunctions = std::to_array<std::string_view>({
    "notify_change",
    "security_d_instantiate",
    "security_file_ioctl",
    "security_file_open",
    "security_file_permission",
    "security_file_release",
    "security_inode_create",
    "security_inode_file_getattr",
    "security_inode_getattr",
    "security_inode_getsecurity",
    "security_inode_getxattr",
    "security_inode_init_security",
    "security_inode_link",
    "security_inode_listsecurity",
    "security_inode_listxattr",
    "security_inode_mkdir",
    "security_inode_mknod",
    "security_inode_need_killpriv",
    "security_inode_permission",
    "security_inode_post_removexattr",
    "security_inode_post_setattr",
    "security_inode_post_setxattr",
    "security_inode_readlink",
    "security_inode_removexattr",
    "security_inode_rename",
    "security_inode_rmdir",
    "security_inode_setattr",
    "security_inode_setxattr",
    "security_inode_symlink",
    "security_inode_unlink",
    "security_sb_statfs",
    "vfs_clone_file_range",
    "vfs_copy_file_range",
    "vfs_create",
    "vfs_fadvise",
    "vfs_fallocate",
    "vfs_fileattr_get",
    "vfs_fsync",
    "vfs_fsync_range",
    "vfs_get_link",
    "vfs_getattr",
    "vfs_getattr_nosec",
    "vfs_getxattr",
    "vfs_ioctl",
    "vfs_iter_read",
    "vfs_iter_write",
    "vfs_link",
    "vfs_listxattr",
    "vfs_llseek",
    "vfs_mkdir",
    "vfs_mknod",
    "vfs_open",
    "vfs_removexattr",
    "vfs_rename",
    "vfs_rmdir",
    "vfs_setxattr",
    "vfs_splice_read",
    "vfs_statfs",
    "vfs_symlink",
    "vfs_unlink",
});
static_assert(std::ranges::is_sorted(kFunctions));

bool listed(std::string_view function) { return std::ranges::binary_search(kFunctions, function); }

}  // namespace

bool sees_layers(const CheckedHook& hook) {
  if (const auto* functions = std::get_if<target::Functions>(&hook.target))
    return std::ranges::any_of(functions->names, listed);
  if (const auto* lsm_hook = std::get_if<target::LsmHook>(&hook.target))
    return listed("security_" + lsm_hook->name);
  const auto* function = std::get_if<target::Function>(&hook.target);
  return function != nullptr && function->module.empty() && listed(function->name);
}

}  // namespace tripline::policy
