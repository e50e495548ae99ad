// SPDX-License-Identifier: Apache-2.0
// Sockets, packets, addresses and sets of capabilities that exist only for a program under test: the kernel's structs,
// laid out by its own types, with noise in everything that does not matter.
#pragma once

#include <cstdint>

#include "agree/memory.h"
#include "kernel/kernel.h"
#include "oracle/generate.h"
#include "oracle/oracle.h"

namespace tripline::agree {

// The address of what an argument of `type` points to; a null pointer for what is not readable. Notes the cookie of a
// socket in `endpoint`. 0 also when the memory is full or the kernel has no such member.
[[nodiscard]] uint64_t place(Memory& memory, const Btf& btf, oracle::Random& random,
                             oracle::Endpoint& endpoint, ArgType type);

[[nodiscard]] uint64_t place(Memory& memory, const oracle::Capabilities& capabilities);

}  // namespace tripline::agree
