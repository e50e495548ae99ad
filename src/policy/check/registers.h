// SPDX-License-Identifier: Apache-2.0
// Where the System V ABI of x86-64 passes the parameters of a function: what a kprobe finds in registers. Structs by value
// of up to 16 bytes are in one register or two, or in memory when too few are left; then those behind them can still be
// in registers. A result that is returned in memory takes the first register for its address.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "kernel/kernel.h"

namespace tripline::policy {

// Is it a struct or union, which is passed by value?
[[nodiscard]] bool by_value(const Btf::Type& type);

// Of each parameter the number of its first register, 0 for rdi to 5 for r9; absent when it is in none of them.
[[nodiscard]] std::vector<std::optional<uint32_t>> parameter_registers(const Btf& types,
                                                                       const Btf::Function& function);

}  // namespace tripline::policy
