// SPDX-License-Identifier: Apache-2.0
// The part of the kernel's types that one object needs. libbpf, given all of them (6 MB, 130,000 types), parses them
// again for each object and searches all of them for each relocated struct; with an excerpt this takes a hundredth
// of the time. A member of an anonymous struct or union is placed directly in the surrounding struct, at its offset
// there; pointers point to nothing. CO-RE relocations give the same result. Several variants of one struct in an
// object (names with three underscores) become one struct with the members of all.
#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "kernel/kernel.h"

struct btf;

namespace tripline {

// Writes those structs and members of `kernel` to `file` that have the names of structs and members of `object`.
[[nodiscard]] Result<void> write_excerpt(const btf* object, const Btf& kernel, const Fd& file);

}  // namespace tripline
