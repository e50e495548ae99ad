// SPDX-License-Identifier: Apache-2.0
// A folder in the BPF file system for each policy that has programs, where people and scripts can see which policies
// are active. A program judges for many policies, so it is pinned elsewhere; these folders are empty.
#pragma once

#include <set>
#include <span>
#include <string>

#include "agent/prepare.h"

namespace tripline {

class PolicyFolders {
 public:
  // Below `folder`; empty: there are none.
  explicit PolicyFolders(std::string folder) : folder_(std::move(folder)) {}
  // Those of `members`, and no other. One that cannot be made is missing.
  void show(std::span<const Member> members);

 private:
  std::string folder_;
  std::set<std::string> there_;
};

// "seeks", with a namespace "default:seeks". The file system has no dots in names.
[[nodiscard]] std::string policy_folder(const PolicyName& name);

}  // namespace tripline
