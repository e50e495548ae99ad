// SPDX-License-Identifier: Apache-2.0
#include "compile/lower.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

#include "abi/scratch.h"
#include "compile/builder.h"
#include "compile/filter.h"

namespace tripline {
namespace {

using enum ir::Compare;
using ir::Callee;
using ir::Value;
using ir::Width;

constexpr int64_t kSigkill = 9;

ActionName action_name(CheckedAction::Kind kind) {
  switch (kind) {
    case CheckedAction::Kind::kPost:
      return ActionName::kPost;
    case CheckedAction::Kind::kNoPost:
      return ActionName::kNoPost;
    case CheckedAction::Kind::kSigkill:
      return ActionName::kSigkill;
  }
  return ActionName::kPost;
}

uint32_t field_size(ArgType type) { return type == ArgType::kFile ? sizeof(tl_file) : sizeof(int32_t); }

Schema schema_of(const HookSection& section, uint32_t id, uint32_t first_counter) {
  const CheckedHook& hook = section.section();
  Schema out;
  out.id = id;
  out.policy = section.policy->name;
  out.policy_namespace = section.policy->namespace_name;
  out.call = hook.call;
  out.function = hook.function;
  out.message = hook.message;
  out.tags = hook.tags;
  out.section_index = hook.index;
  uint32_t offset = sizeof(tl_record);
  for (const CheckedArg& arg : hook.args) {
    out.fields.push_back(
        {arg.type == ArgType::kFile ? FieldType::kFile : FieldType::kInt32, offset, arg.label});
    offset += field_size(arg.type);
  }
  out.fixed_size = offset;
  for (const CheckedSelector& selector : hook.selectors) {
    out.selectors.push_back({action_name(selector.actions.back().kind), first_counter++, selector.label});
  }
  return out;
}

// Documents of all sections, and the number of each section's.
struct Documents {
  std::vector<std::string> names;
  std::vector<uint32_t> of_section;
};

Documents documents_of(const HookPlan& plan) {
  Documents out;
  for (const HookSection& section : plan.sections) {
    const std::string& name = section.policy->source_name;
    const auto known = std::ranges::find(out.names, name);
    out.of_section.push_back(static_cast<uint32_t>(known - out.names.begin()));
    if (known == out.names.end()) out.names.push_back(name);
  }
  return out;
}

class Judge {
 public:
  Judge(Builder& builder, const HookPlan& plan, const std::vector<Schema>& schemas,
        const Documents& documents, const Numbering& numbering)
      : builder_(builder), plan_(plan), schemas_(schemas), documents_(documents), numbering_(numbering) {}

  void write() {
    const Label out = builder_.label("out");
    const Label held = builder_.label("held");
    gate(out);
    slot_ = builder_.value();
    builder_.call(slot_, Callee::tl_slot_get, {});
    builder_.branch(kEqual, Width::k8, slot_, 0, out, held);
    builder_.place(out);  // here, not at the end: with a thousand policies that is too far for a jump
    builder_.finish_block();
    builder_.place(held);
    build_paths();
    // The event of the policy loaded last comes first, and within a policy that of its last section.
    for (size_t n = plan_.sections.size(); n-- > 0;) section(n);
    builder_.line({});
    builder_.call(Callee::tl_slot_put, {slot_});
    builder_.finish_block();
  }

 private:
  // Live while born <= epoch <= died (D8). In the epoch in which one program dies and another is born on the same
  // hook, the thread decides which of them judges.
  void gate(Label out) {
    const Value epoch = builder_.value();
    const Value died = builder_.value();
    builder_.add(ir::Control{epoch, offsetof(tl_control, epoch)});
    builder_.add(ir::Control{died, static_cast<uint32_t>(offsetof(tl_control, died) + 4 * numbering_.slot)});
    builder_.branch_if(kLess, Width::k4, epoch, static_cast<int64_t>(numbering_.born), out);
    builder_.branch_if(kGreater, Width::k4, epoch, died, out);
    const Label dying = builder_.label("dying");
    const Label older = builder_.label("older");
    const Label taking = builder_.label("taking");
    const Label live = builder_.label("live");
    builder_.branch(kEqual, Width::k4, epoch, died, dying, older);
    builder_.place(dying);
    const Value taken = builder_.value();
    builder_.call(taken, Callee::tl_taken, {epoch});
    builder_.branch(kNotEqual, Width::k8, taken, 0, out, live);
    builder_.place(older);
    builder_.branch(kEqual, Width::k4, epoch, static_cast<int64_t>(numbering_.born), taking, live);
    builder_.place(taking);
    builder_.call(Callee::tl_take, {epoch});
    builder_.place(live);
  }

  // Who gets this far past the filter nearly always needs them, and building them in one place keeps what the kernel
  // has to verify in proportion to the number of selectors.
  void build_paths() {
    for (const HookSection& section : plan_.sections) {
      for (const CheckedArg& arg : section.section().args) {
        if (arg.type != ArgType::kFile || paths_.contains(arg.parameter)) continue;
        const auto index = static_cast<uint32_t>(paths_.size());
        const Path path{builder_.value(), index};
        builder_.call(path.value, Callee::tl_file_path, {argument(arg.parameter), slot_, int64_t{index}});
        paths_.emplace(arg.parameter, path);
      }
    }
  }

  void section(size_t number) {
    const CheckedHook& hook = plan_.sections[number].section();
    const Label done = builder_.label("done");
    bool closed = false;
    for (size_t n = 0; n < hook.selectors.size() && !closed; ++n) {
      const CheckedSelector& selector = hook.selectors[n];
      const Label next = builder_.label("next");
      for (const Filter& filter : by_cost(selector.filters)) {
        if (const auto* number_filter = std::get_if<IntFilter>(&filter)) {
          at(number, number_filter->span);
          write_int_filter(builder_, *number_filter, argument(hook.args[number_filter->arg].parameter), next);
        } else {
          const auto& path_filter = std::get<PathFilter>(filter);
          at(number, path_filter.span);
          path(path_filter, hook.args[path_filter.arg].parameter, next);
        }
      }
      at(number, selector.span);
      actions(number, n);
      builder_.jump(done);
      builder_.place(next);
    }
    builder_.place(done);
  }

  // Integers first (D5); order does not change the answer.
  static std::vector<Filter> by_cost(const std::vector<Filter>& filters) {
    std::vector<Filter> out = filters;
    std::ranges::stable_partition(
        out, [](const Filter& filter) { return std::holds_alternative<IntFilter>(filter); });
    return out;
  }

  void at(size_t section, const Span& span) {
    builder_.line({documents_.of_section[section], static_cast<uint32_t>(span.line)});
  }

  Value argument(uint32_t parameter) {
    const auto [entry, added] = arguments_.try_emplace(parameter);
    if (added) entry->second = builder_.value();
    builder_.add(ir::Argument{entry->second, parameter});
    return entry->second;
  }

  struct Path {
    Value value;         // enum tl_path_value
    uint32_t index = 0;  // of its buffer in the slot
    [[nodiscard]] uint32_t buffer() const {
      return static_cast<uint32_t>(offsetof(tl_slot, path)) + index * TL_PATH_BUFFER;
    }
  };

  void path(const PathFilter& filter, uint32_t parameter, Label no) {
    const Path& path = paths_.at(parameter);
    // In a register of its own: the bound that the next comparison proves must reach the loads that rely on it. And
    // masked, though no bit is lost: a mere copy shares what is learnt of it with the original, every outcome of
    // every comparison then stays a state of its own for the verifier, and their number doubles with each filter.
    const Value start = builder_.copy(path.value);
    builder_.add(ir::Binary{ir::BinaryOp::kAnd, start, int64_t{TL_PATH_START | TL_PATH_UNRESOLVED}});
    const Value buffer = builder_.copy(slot_);
    builder_.add(ir::Binary{ir::BinaryOp::kAdd, buffer, int64_t{path.buffer()}});
    builder_.branch_if(kGreaterEqual, Width::k8, start, int64_t{TL_PATH_END}, no);
    const bool negated = filter.op == PathFilter::Op::kNotEqual || filter.op == PathFilter::Op::kNotPrefix ||
                         filter.op == PathFilter::Op::kNotPostfix;
    const Label yes = builder_.label("yes");
    const Label any = negated ? no : yes;
    for (const std::string& value : filter.values) {
      const Label other = builder_.label("value");
      one_value(filter.op, buffer, start, value, other);
      builder_.jump(any);
      builder_.place(other);
    }
    builder_.jump(negated ? yes : no);
    builder_.place(yes);
  }

  // Goes on when the path fits `value`, else to `other`.
  void one_value(PathFilter::Op op, Value buffer, Value start, const std::string& value, Label other) {
    if (value.size() > TL_PATH_MAX) {  // longer than any path
      builder_.branch_if(kGreaterEqual, Width::k8, start, 0, other);
      return;
    }
    const auto first = static_cast<int64_t>(TL_PATH_END - value.size());
    switch (op) {
      case PathFilter::Op::kEqual:
      case PathFilter::Op::kNotEqual:
        builder_.branch_if(kNotEqual, Width::k8, start, first, other);
        bytes(buffer, static_cast<uint32_t>(first), value, other);
        return;
      case PathFilter::Op::kPostfix:
      case PathFilter::Op::kNotPostfix:
        builder_.branch_if(kGreater, Width::k8, start, first, other);
        bytes(buffer, static_cast<uint32_t>(first), value, other);
        return;
      case PathFilter::Op::kPrefix:
      case PathFilter::Op::kNotPrefix: {
        builder_.branch_if(kGreater, Width::k8, start, first, other);
        const Value at = builder_.copy(buffer);
        builder_.add(ir::Binary{ir::BinaryOp::kAdd, at, start});
        bytes(at, 0, value, other);
        return;
      }
    }
  }

  // Goes to `other` unless the memory at `base` + `offset` holds `text`.
  void bytes(Value base, uint32_t offset, std::string_view text, Label other) {
    size_t at = 0;
    for (const Width width : {Width::k8, Width::k4, Width::k2, Width::k1}) {
      const auto size = static_cast<size_t>(width);
      for (; text.size() - at >= size; at += size) {
        uint64_t expected = 0;
        for (size_t n = size; n-- > 0;) expected = (expected << 8) | static_cast<uint8_t>(text[at + n]);
        const Value have = builder_.load(base, offset + static_cast<uint32_t>(at), width, "path");
        builder_.branch_if(kNotEqual, Width::k8, have, static_cast<int64_t>(expected), other);
      }
    }
  }

  void actions(size_t number, size_t selector) {
    const CheckedHook& hook = plan_.sections[number].section();
    const CheckedPolicy& policy = *plan_.sections[number].policy;
    const int64_t counter = schemas_[number].selectors[selector].counter;
    bool post = true;
    for (const CheckedAction& action : hook.selectors[selector].actions) {
      at(number, action.span);
      switch (action.kind) {
        case CheckedAction::Kind::kPost:
          break;
        case CheckedAction::Kind::kNoPost:
          post = false;
          break;
        case CheckedAction::Kind::kSigkill:
          if (policy.enforce) builder_.call(Callee::bpf_send_signal, {kSigkill});
          count(counter, policy.enforce ? offsetof(tl_counter, signals) : offsetof(tl_counter, monitored));
          break;
      }
    }
    if (post) {
      record(number, selector);
    } else {
      count(counter, offsetof(tl_counter, unposted));
    }
  }

  void count(int64_t counter, size_t member) {
    builder_.call(Callee::tl_count, {counter, static_cast<int64_t>(member)});
  }

  void record(size_t number, size_t selector) {
    const CheckedHook& hook = plan_.sections[number].section();
    const Schema& schema = schemas_[number];
    builder_.call(Callee::tl_record_begin, {slot_, int64_t{schema.id}, static_cast<int64_t>(selector)});
    const Value end = builder_.constant(schema.fixed_size);
    for (size_t n = 0; n < hook.args.size(); ++n) {
      const CheckedArg& arg = hook.args[n];
      const uint32_t offset = schema.fields[n].offset;
      if (arg.type == ArgType::kInt32) {
        builder_.add(ir::Store{slot_, static_cast<int32_t>(offsetof(tl_slot, record) + offset), Width::k4,
                               argument(arg.parameter)});
        continue;
      }
      builder_.call(end, Callee::tl_record_file,
                    {slot_, int64_t{offset}, int64_t{paths_.at(arg.parameter).index}, end});
    }
    builder_.call(Callee::tl_record_send, {slot_, end, int64_t{schema.selectors[selector].counter}});
  }

  Builder& builder_;
  const HookPlan& plan_;
  const std::vector<Schema>& schemas_;
  const Documents& documents_;
  const Numbering& numbering_;
  Value slot_;
  std::map<uint32_t, Path> paths_;
  std::map<uint32_t, Value> arguments_;
};

}  // namespace

Lowered lower(const HookPlan& plan, const Kernel& kernel, const Numbering& numbering) {
  Lowered out;
  uint32_t counter = numbering.first_counter;
  for (size_t n = 0; n < plan.sections.size(); ++n) {
    out.schemas.push_back(
        schema_of(plan.sections[n], numbering.first_schema + static_cast<uint32_t>(n), counter));
    counter += static_cast<uint32_t>(plan.sections[n].section().selectors.size());
  }
  const Documents documents = documents_of(plan);
  const std::string hook = std::string(attachment_name(plan.attachment)) + " " + plan.function;
  const ir::Entry entry = plan.attachment == Attachment::kKprobe ? ir::Entry::kPtRegs : ir::Entry::kTyped;

  Builder filter(hook, entry, documents.names);
  const Label maybe = filter.label("maybe");
  const Label no = filter.label("no");
  out.filter_plan = write_filter(filter, plan, kernel, maybe, no);
  filter.finish_block();
  filter.place(maybe);
  filter.call(Callee::tl_judge, {});
  filter.finish_block();
  out.filter = filter.finish();

  Builder judge(hook + " judge", entry, documents.names);
  Judge(judge, plan, out.schemas, documents, numbering).write();
  out.judge = judge.finish();
  return out;
}

}  // namespace tripline
