// SPDX-License-Identifier: Apache-2.0
// The LSM hooks of which an event can carry a hash: where the kernel lets a program sleep, and where the first argument
// is a file, or the program of an exec. In byte order.
#pragma once

#include <array>
#include <string_view>

namespace tripline {

inline constexpr auto kHashedHooks = std::to_array<std::string_view>({
    "bprm_check_security",
    "bprm_committed_creds",
    "bprm_committing_creds",
    "bprm_creds_for_exec",
    "bprm_creds_from_file",
    "file_ioctl",
    "file_lock",
    "file_open",
    "file_post_open",
    "file_receive",
    "mmap_file",
});

}  // namespace tripline
