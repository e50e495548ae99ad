// SPDX-License-Identifier: Apache-2.0
// The kernel's types as far as one object asks for them. libbpf, given all of them (6 MB, 130,000 types), reads them
// again for each object and looks through them from end to end for each struct that is relocated; given an excerpt it
// is done in a hundredth of the time. A member of an anonymous struct or union stands in the excerpt directly in the
// struct around it, with the offset it has there; pointers point to nothing. The relocations of CO-RE see no difference.
// Several ideas of one struct in one object (names with three underscores) become one struct with the members of all.
#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "kernel/kernel.h"

struct btf;

namespace tripline {

// Writes those structs and members of `kernel` to `file` that have the names of structs and members of `object`.
[[nodiscard]] Result<void> write_excerpt(const btf* object, const Btf& kernel, const Fd& file);

}  // namespace tripline
