// SPDX-License-Identifier: Apache-2.0
// spec.lists: names that a hook's "call" or a filter's values stand for. Private to the policy room.
//
// What a list holds is looked at where the list is used: one that nobody uses may hold anything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/check/check.h"

namespace tripline::policy {

// NAME of "list:NAME".
[[nodiscard]] std::optional<std::string_view> list_name(std::string_view text);

// The list of that name, the first of several; null when there is none, which is reported at `span`.
[[nodiscard]] const NameList* find_list(const Checking& checking, std::string_view name, Span span);

// What it holds, for a hook; mistakes in it are reported the first time.
[[nodiscard]] const ListedCalls& calls_of(const Checking& checking, const NameList& list);

// The numbers of the system calls of a list, as an argument of type syscall64 has them; likewise.
[[nodiscard]] const std::vector<uint32_t>& syscalls_of(const Checking& checking, const NameList& list);

}  // namespace tripline::policy
