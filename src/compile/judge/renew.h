// SPDX-License-Identifier: Apache-2.0
// Changes of a process's namespaces and capabilities are seen against what is recorded of it. What an event told of is
// recorded anew, but only when all selectors have seen the change.
#pragma once

#include "compile/builder.h"
#include "compile/facts.h"
#include "policy/checked.h"

namespace tripline {

class Renewals {
 public:
  Renewals(Builder& builder, const FactTable& table);

  // An event of `selector` has been sent.
  void note(const CheckedSelector& selector);
  // All selectors are done.
  void write();

 private:
  Builder& builder_;
  const FactTable& table_;
  ir::Value due_;  // a bit for each of the two
};

}  // namespace tripline
