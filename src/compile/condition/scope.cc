// SPDX-License-Identifier: Apache-2.0
#include "compile/condition/scope.h"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace tripline {
namespace {

using enum ir::Compare;
using ir::Callee;
using ir::Value;
using ir::Width;

// One pointer after the other, by where it is in the struct before; the last is the id. Empty where the kernel does not
// tell, or programs cannot follow.
std::vector<std::pair<uint32_t, std::string_view>> steps_to_id(const Kernel& kernel, Attachment attachment,
                                                               const CgroupHierarchy& cgroups) {
  std::vector<std::pair<uint32_t, std::string_view>> out;
  if (entry_of(attachment) != ir::Entry::kTyped || !kernel.features.get_current_task_btf || !kernel.btf)
    return out;
  bool found = true;
  const auto add = [&](std::string_view type, std::string_view member, std::string_view name,
                       uint32_t more = 0) {
    const auto at = kernel.btf->member(type, member);
    found &= at.has_value();
    if (at) out.emplace_back(at->offset + more, name);
  };
  add("task_struct", "cgroups", "task_struct.cgroups");
  if (cgroups.controller) {
    add("css_set", "subsys", "css_set.subsys", *cgroups.controller * static_cast<uint32_t>(sizeof(uint64_t)));
    add("cgroup_subsys_state", "cgroup", "cgroup_subsys_state.cgroup");
  } else {
    add("css_set", "dfl_cgrp", "css_set.dfl_cgrp");
  }
  add("cgroup", "kn", "cgroup.kn");
  add("kernfs_node", "id", "kernfs_node.id");
  if (!found) out.clear();
  return out;
}

Value cgroup_id(Builder& builder, const Kernel& kernel, Attachment attachment,
                const CgroupHierarchy& cgroups) {
  Value at = builder.value();
  const auto steps = steps_to_id(kernel, attachment, cgroups);
  if (!steps.empty()) {
    builder.call(at, Callee::bpf_get_current_task_btf, {});
    for (const auto& [offset, name] : steps) at = builder.load(at, offset, Width::k8, std::string(name));
  } else if (cgroups.controller) {
    builder.call(at, Callee::tl_cgroup_of, {int64_t{*cgroups.controller}});
  } else {
    builder.call(at, Callee::bpf_get_current_cgroup_id, {});
  }
  return at;
}

}  // namespace

Value scope_row(Builder& builder, const Kernel& kernel, Attachment attachment, const ScopeTable& table,
                Label none) {
  const Value cgroup = cgroup_id(builder, kernel, attachment, table.cgroups);
  const Value row = builder.value();
  builder.call(row, Callee::tl_scope_words, {cgroup, int64_t{table.shift}});
  builder.branch_if(kEqual, Width::k8, row, 0, none);
  return row;
}

Value scope_word(Builder& builder, Value row, uint32_t word) {
  return builder.load(row, static_cast<uint32_t>(word * sizeof(uint64_t)), Width::k8, "scopes");
}

void test_scope(Builder& builder, const ScopeTable& table, const Scope& scope, Value row, Label no) {
  const ScopeTable::Place place = table.place(scope);
  // A number of its own: what the verifier learns of the bit ends with the test.
  const Value bit = scope_word(builder, row, place.word);
  builder.add(ir::Binary{ir::BinaryOp::kAnd, bit, static_cast<int64_t>(place.bit)});
  const Label yes = builder.label("in_scope");
  builder.branch(kNotEqual, Width::k8, bit, 0, yes, no);
  builder.place(yes);
}

}  // namespace tripline
