// SPDX-License-Identifier: Apache-2.0
// How a process is asked: numbers of the current task are followed from its struct by direct loads, as far as the kernel
// says where they are, else by a function of the library. What was decided when the process changed is a bit in its
// entry; the judge copies the entry's words into the slot once, whichever map they are in, and tests bits of the copy.
// Changes are seen by comparing what is now with what the entry recorded, which the library does.
#include "compile/condition/process.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>

#include "abi/facts.h"
#include "abi/scratch.h"
#include "compile/condition/integers.h"
#include "compile/sources.h"

namespace tripline {
namespace {

using enum ir::Compare;
using ir::Callee;
using ir::Value;
using ir::Width;

// The pointers from struct task_struct to a number, "STRUCT.MEMBER" each, and the number; empty: more than loads.
std::vector<std::string_view> path_of(TaskNumber number) {
  switch (number) {
    case TaskNumber::kUts:
      return {"task_struct.nsproxy", "nsproxy.uts_ns", "uts_namespace.ns.inum"};
    case TaskNumber::kIpc:
      return {"task_struct.nsproxy", "nsproxy.ipc_ns", "ipc_namespace.ns.inum"};
    case TaskNumber::kMnt:
      return {"task_struct.nsproxy", "nsproxy.mnt_ns", "mnt_namespace.ns.inum"};
    case TaskNumber::kPidForChildren:
      return {"task_struct.nsproxy", "nsproxy.pid_ns_for_children", "pid_namespace.ns.inum"};
    case TaskNumber::kNet:
      return {"task_struct.nsproxy", "nsproxy.net_ns", "net.ns.inum"};
    case TaskNumber::kTime:
      return {"task_struct.nsproxy", "nsproxy.time_ns", "time_namespace.ns.inum"};
    case TaskNumber::kTimeForChildren:
      return {"task_struct.nsproxy", "nsproxy.time_ns_for_children", "time_namespace.ns.inum"};
    case TaskNumber::kCgroup:
      return {"task_struct.nsproxy", "nsproxy.cgroup_ns", "cgroup_namespace.ns.inum"};
    case TaskNumber::kEffective:
      return {"task_struct.cred", "cred.cap_effective"};
    case TaskNumber::kInheritable:
      return {"task_struct.cred", "cred.cap_inheritable"};
    case TaskNumber::kPermitted:
      return {"task_struct.cred", "cred.cap_permitted"};
    case TaskNumber::kPid:
      return {"task_struct.tgid"};
    case TaskNumber::kNamespacePid:
    case TaskNumber::kPidNamespace:
    case TaskNumber::kUser:
      return {};
  }
  return {};
}

// The bits of `value` that a test is about, in a value of their own: what the verifier learns of them ends with the
// test. Else every outcome of every test of one value is a state of its own, and their number doubles with each.
Value apart(Builder& builder, Value value, uint64_t bits) {
  const Value out = builder.copy(value);
  builder.add(ir::Binary{ir::BinaryOp::kAnd, out, static_cast<int64_t>(bits)});
  return out;
}

std::optional<uint32_t> offset_of(const Kernel& kernel, std::string_view step) {
  const size_t dot = step.find('.');
  const auto member = kernel.btf->member(step.substr(0, dot), step.substr(dot + 1));
  return member ? std::optional(member->offset) : std::nullopt;
}

}  // namespace

TaskNumbers::TaskNumbers(Builder& builder, const Kernel& kernel, Attachment attachment)
    : builder_(builder),
      kernel_(kernel),
      typed_(entry_of(attachment) == ir::Entry::kTyped && kernel.features.get_current_task_btf &&
             kernel.btf.has_value()) {}

bool TaskNumbers::is_cheap(TaskNumber number) const { return typed_ || number == TaskNumber::kPid; }

Value TaskNumbers::read(TaskNumber number) {
  std::vector<uint32_t> offsets;
  if (typed_) {
    for (const std::string_view step : path_of(number)) {
      if (const auto offset = offset_of(kernel_, step)) offsets.push_back(*offset);
    }
  }
  if (offsets.empty() || offsets.size() != path_of(number).size()) {
    const Value out = builder_.value();
    builder_.call(out, Callee::tl_task_number, {static_cast<int64_t>(number)});
    return out;
  }
  Value at = builder_.value();
  builder_.call(at, Callee::bpf_get_current_task_btf, {});
  for (size_t n = 0; n + 1 < offsets.size(); ++n)
    at = builder_.load(at, offsets[n], Width::k8, std::string(path_of(number)[n]));
  const std::string last(path_of(number).back());
  if (number < TaskNumber::kEffective) return builder_.load(at, offsets.back(), Width::k4, last);
  // In halves: before 6.3 it is an array of two.
  const Value low = builder_.load(at, offsets.back(), Width::k4, last);
  const Value high = builder_.load(at, offsets.back() + 4, Width::k4, last);
  builder_.add(ir::Binary{ir::BinaryOp::kShiftLeft, high, int64_t{32}});
  builder_.add(ir::Binary{ir::BinaryOp::kOr, high, low});
  return high;
}

void TaskNumbers::test(const TaskFilter& filter, Label no) {
  const Value number = read(filter.number);
  const Label yes = builder_.label("task");
  const Label found = filter.negated ? no : yes;
  const Label missing = filter.negated ? yes : no;
  if (filter.is_mask) {
    uint64_t mask = 0;
    for (const uint64_t value : filter.values) mask |= value;
    builder_.branch(kNotEqual, Width::k8, apart(builder_, number, mask), 0, found, missing);
  } else {
    IntSet set{.bits = 32, .ranges = {}};
    for (const uint64_t value : filter.values) set.add({.bits = 32, .ranges = {{value, value}}});
    test_set(builder_, set, apart(builder_, number, UINT32_MAX), found, missing);
  }
  builder_.place(yes);
}

FactTable::Place place_of(const FactTable& table, const FactFilter& filter) {
  FactTable::Place place = table.place(filter.clause);
  if (filter.parent) place.word += table.words;
  return place;
}

namespace {

Value changes_of(Builder& builder, const FactTable& table, ChangeFilter::What what) {
  const int64_t offset = table.recorded_offset();
  const Value changed = builder.value();
  if (what == ChangeFilter::What::kNamespaces) {
    builder.call(changed, Callee::tl_changed_namespaces, {offset});
  } else {
    const auto set = static_cast<int64_t>(what) - static_cast<int64_t>(ChangeFilter::What::kEffective);
    builder.call(changed, Callee::tl_changed_capabilities, {offset, set});
  }
  return changed;
}

}  // namespace

void read_process(Builder& builder, const FactTable& table, const HookPlan& plan, Value slot) {
  uint32_t words = 0;
  std::set<ChangeFilter::What> changes;
  for (const HookSection& section : plan.sections) {
    for (const CheckedSelector& selector : section.section().selectors) {
      for (const Filter& filter : selector.filters) {
        if (const auto* fact = std::get_if<FactFilter>(&filter))
          words = std::max(words, place_of(table, *fact).word + 1);
        if (const auto* change = std::get_if<ChangeFilter>(&filter)) changes.insert(change->what);
      }
    }
  }
  if (words > 0) builder.call(Callee::tl_facts_read, {slot, static_cast<int64_t>(words * sizeof(uint64_t))});
  for (const ChangeFilter::What what : changes) (void)changes_of(builder, table, what);
}

Value fact_word(Builder& builder, Value slot, uint32_t word) {
  return builder.load(slot, static_cast<uint32_t>(offsetof(tl_slot, facts) + word * sizeof(uint64_t)),
                      Width::k8, "facts");
}

void test_fact(Builder& builder, const FactTable& table, const FactFilter& filter, Value slot, Label no) {
  const FactTable::Place place = place_of(table, filter);
  const bool of_path = filter.clause.kind < FactClause::Kind::kFollowPid;
  const Value word = fact_word(builder, slot, place.word);
  const Label yes = builder.label("process");
  const Label present = builder.label("present");
  const auto bit = [&](uint64_t which) { return apart(builder, word, which); };
  builder.branch(kNotEqual, Width::k8, bit(TL_FACT_PRESENT), 0, present, filter.parent ? yes : no);
  builder.place(present);
  if (of_path) {
    const Label known = builder.label("known");
    builder.branch(kNotEqual, Width::k8, bit(TL_FACT_KNOWN), 0, known, no);
    builder.place(known);
  }
  builder.branch(kNotEqual, Width::k8, bit(place.bit), 0, filter.negated ? no : yes,
                 filter.negated ? yes : no);
  builder.place(yes);
}

void test_change(Builder& builder, const FactTable& table, const ChangeFilter& filter, Label no) {
  const Value changed = changes_of(builder, table, filter.what);
  // Of namespaces others suffice; of capabilities none that is listed may have changed.
  if (filter.others && filter.what != ChangeFilter::What::kNamespaces && filter.listed != 0) {
    const Label rest = builder.label("rest");
    builder.branch(kNotEqual, Width::k8, apart(builder, changed, filter.listed), 0, no, rest);
    builder.place(rest);
  }
  const uint64_t asked = filter.others ? ~filter.listed : filter.listed;
  const Label yes = builder.label("changed");
  builder.branch(kNotEqual, Width::k8, apart(builder, changed, asked), 0, yes, no);
  builder.place(yes);
}

}  // namespace tripline
