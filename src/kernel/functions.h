// SPDX-License-Identifier: Apache-2.0
// Which functions of the kernel a name stands for. A kernel has several static functions of some names; a program that
// attaches by such a name gets the first of them, which may be one that cannot be traced.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tripline {

// Removes names from `traceable` (functions of the kernel itself as ftrace lists them: by address, a name as often as there
// are functions of that name) whose first function in `kallsyms`, the text of /proc/kallsyms, is not traceable or cannot be
// told from the others. The kernel attaches to the first: kallsyms_lookup_name(), as called by bpf_check_attach_target() of
// 5.10 to 7.3. Code that is gone after boot does not count.
void drop_ambiguous(std::vector<std::string>& traceable, std::string_view kallsyms);

}  // namespace tripline
