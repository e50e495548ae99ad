// SPDX-License-Identifier: Apache-2.0
// Argument types as a table: what each is read from, and what kernel types agree with it. Private to the policy room;
// what the compiler needs of it is in checked.h.
#pragma once

#include <array>
#include <string_view>

#include "policy/checked.h"

namespace tripline::policy {

struct TypeInfo {
  DeclaredType type;
  ArgFamily family = ArgFamily::kOther;
  IntegerShape integer;   // kInteger, kCapabilities
  std::string_view from;  // for messages
  // Of a pointer to a struct or union: the names it may have, of it or of its typedef; none: an integer.
  std::array<std::string_view, 3> pointees;
  std::array<std::string_view, 8>
      spellings;  // of integers, as the kernel declares them, that are read without a warning
};

[[nodiscard]] const TypeInfo& type_info(DeclaredType type);

// Is it what a process has in its own memory or registers? Other types are structs of the kernel.
[[nodiscard]] bool has_process(DeclaredType type);

}  // namespace tripline::policy
