// SPDX-License-Identifier: Apache-2.0
// The scopes of a set's policies in the kernel: the position of each scope's bit, the maps, and the programs that
// follow cgroups. Workloads creates and fills them.
#pragma once

#include <memory>

#include "compile/scopes.h"
#include "load/programs.h"
#include "load/scope_maps.h"

namespace tripline {

struct FollowedMaps {
  ScopeMaps maps;
  Programs followers;
};

// A version; programs that read its maps read those of any other version with the same maps.
struct Scopes {
  std::shared_ptr<const ScopeTable> table;
  std::shared_ptr<FollowedMaps> maps;  // shared with later versions of the table
};
using ScopesPtr = std::shared_ptr<const Scopes>;

}  // namespace tripline
