// SPDX-License-Identifier: Apache-2.0
// What all parts of a judge share while it is written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "compile/builder.h"
#include "compile/plan.h"
#include "compile/values.h"
#include "object/object.h"

namespace tripline {

struct Judging {
  Builder& builder;
  const HookPlan& plan;
  const std::vector<Schema>& schemas;      // one for each section
  const std::vector<uint32_t>& documents;  // of each section, as the builder's program numbers them
  const Numbering& numbering;
  Values& values;
  ir::Value slot;
  ir::Value row = {};  // the caller's, where sections have scopes (scopes.h)

  [[nodiscard]] const CheckedHook& hook(size_t section) const { return plan.sections[section].section(); }
  [[nodiscard]] const CheckedPolicy& policy(size_t section) const { return *plan.sections[section].policy; }
  // What is written from here on comes from this place in the section's policy.
  void at(size_t section, const Span& span) const {
    builder.line({documents[section], static_cast<uint32_t>(span.line)});
  }
};

}  // namespace tripline
