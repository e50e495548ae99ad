// SPDX-License-Identifier: Apache-2.0
// Which functions of the kernel a name stands for. A kernel has several static functions of some names; a program that
// attaches by such a name gets the first of them, which may be one that cannot be traced.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tripline {

// Removes names from `traceable` (functions of the kernel itself as ftrace lists them, sorted, a name as often as there
// are functions of that name) of which `kallsyms`, the text of /proc/kallsyms, has more functions than that: whether the
// kernel finds one that can be traced (kallsyms_lookup_name(), as called by bpf_check_attach_target() of 5.10 to 7.3) is
// not known. Code that is gone after boot does not count: it comes last.
void drop_ambiguous(std::vector<std::string>& traceable, std::string_view kallsyms);

}  // namespace tripline
