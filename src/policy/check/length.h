// SPDX-License-Identifier: Apache-2.0
// Where the length of a buffer or an address is: what sizeArgIndex names. Private to the policy room.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "policy/check/check.h"

namespace tripline::policy {

inline constexpr uint32_t kLargestSizeIndex = 15;

// Reports a sizeArgIndex that means `what`, which for the reason `why` is no length.
void report_size(const Checking& checking, const Argument& argument, const std::string& what,
                 const std::string& why);

// Absent when the argument has none, or it is wrong. sizeArgIndex counts from 1, and 0 is none.
[[nodiscard]] std::optional<ArgSource> size_source(const Checking& checking, const Argument& argument,
                                                   bool syscall,
                                                   const std::optional<Btf::Function>& function);

// The argument behind an address that tells its size, where there is one: the name of an abstract socket has no end of
// its own.
[[nodiscard]] std::optional<ArgSource> address_size(const FunctionHook& hook, const Btf::Function& function,
                                                    uint32_t index);

}  // namespace tripline::policy
