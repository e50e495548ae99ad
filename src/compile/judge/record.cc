// SPDX-License-Identifier: Apache-2.0
#include "compile/judge/record.h"

#include <algorithm>
#include <vector>

#include "abi/scratch.h"
#include "compile/judge/entry.h"

namespace tripline {
namespace {

using enum ir::Compare;
using ir::Callee;
using ir::Value;
using ir::Width;

int64_t scope_of(const RateLimit& limit) {
  switch (limit.scope) {
    case RateLimit::Scope::kThread:
      return TL_RATE_THREAD;
    case RateLimit::Scope::kProcess:
      return TL_RATE_PROCESS;
    case RateLimit::Scope::kGlobal:
      return TL_RATE_GLOBAL;
  }
  return TL_RATE_THREAD;
}

class RecordWriter {
 public:
  RecordWriter(const Judging& judging, size_t section, size_t selector)
      : judging_(judging),
        builder_(judging.builder),
        slot_(judging.slot),
        hook_(judging.hook(section)),
        selector_(hook_.selectors[selector]),
        schema_(judging.schemas[section]),
        section_(section),
        number_(selector) {}

  void write() {
    const Label limited = builder_.label("limited");
    const Label sent = builder_.label("sent");
    if (schema_.half == Half::kReturn) {
      const Value time = builder_.load(slot_, offsetof(tl_slot, entry.time), Width::k8, "entry time");
      builder_.branch_if(kEqual, Width::k8, time, 0, sent);  // it would be half an event
    }
    builder_.call(Callee::tl_record_begin, {slot_, of_function(schema_.id), static_cast<int64_t>(number_)});
    if (schema_.half == Half::kReturn) entry_time();
    const Value end = builder_.constant(schema_.fixed_size);
    const bool rated =
        std::ranges::any_of(selector_.actions, [](const auto& each) { return each.rate_limit.has_value(); });
    if (rated) rate_begin();
    if (schema_.kind == EventKind::kLoader) build_id(sent);
    size_t field = arguments(end, rated);
    if (schema_.kind == EventKind::kLoader) ++field;
    if (rated) rate(limited);
    data();
    if (shows_owner(judging_.policy(section_), hook_)) owner(schema_.fields[field++]);
    const bool hashed = shows_hash(hook_);
    for (; field + (hashed ? 1 : 0) < schema_.fields.size(); ++field) stack(schema_.fields[field], end);
    if (hashed) no_hash(schema_.fields[field]);
    send(end, field);
    if (rated && schema_.half == Half::kEntry) {
      builder_.jump(sent);
      builder_.place(limited);
      note_entry(judging_, section_);
    } else if (rated) {
      builder_.place(limited);
    }
    builder_.place(sent);
  }

 private:
  // The fields of the arguments; the number of the one behind them.
  size_t arguments(Value end, bool rated) {
    size_t field = 0;
    for (const CheckedArg& arg : hook_.args) {
      if (!is_shown(arg)) continue;
      const Value bytes = rated ? builder_.copy(end) : end;
      judging_.values.record(arg, schema_.fields[field], end);
      if (rated) rate_value(field, schema_.fields[field], bytes);
      ++field;
    }
    return field;
  }

  void send(Value end, size_t hash) {
    const int64_t counter = schema_.selectors[number_].counter;
    if (std::ranges::any_of(selector_.actions, &CheckedAction::ima_hash)) {
      builder_.call(Callee::tl_hash_keep, {slot_, end, counter, int64_t{schema_.fields[hash].offset}});
    } else if (schema_.half != Half::kEntry) {
      builder_.call(Callee::tl_record_send, {slot_, end, counter});
    } else {
      builder_.call(Callee::tl_entry_send, {slot_, end, counter, int64_t{schema_.pair}});
    }
  }

  // Into the record that is open.
  void store(size_t at, ir::Operand from) {
    builder_.add(ir::Store{slot_, static_cast<int32_t>(offsetof(tl_slot, record) + at), Width::k8, from});
  }

  // The number of the function that was called, where those of a plan's functions begin at `first`, 1 << `shift` apart.
  ir::Operand of_function(uint32_t first, uint32_t shift = 0) {
    if (!tells_functions(judging_.plan.target)) return int64_t{first};
    const Value cookie = builder_.value();
    builder_.call(cookie, Callee::bpf_get_attach_cookie, {});
    const Value number = builder_.copy(cookie);
    if (shift > 0) builder_.add(ir::Binary{ir::BinaryOp::kShiftLeft, number, int64_t{shift}});
    builder_.add(ir::Binary{ir::BinaryOp::kAdd, number, int64_t{first}});
    return number;
  }

  // What is compared by a rate limit: the hook, the action before it in its list, who calls, and the arguments as
  // they stand in the record. Places of a file that one section names are one hook.
  void rate_begin() {
    const uint32_t pair = pair_of(judging_.plan, judging_.numbering, section_);
    if (std::holds_alternative<target::Functions>(judging_.plan.target)) {
      builder_.call(Callee::tl_rate_begin, {slot_, of_function(pair << 1, 1)});
    } else {
      const bool returns = is_return(judging_.plan.attachment);
      builder_.call(Callee::tl_rate_begin, {slot_, int64_t{pair} << 1 | (returns ? 1 : 0)});
    }
  }

  void rate_value(size_t number, const Field& field, Value bytes) {
    // Of a socket its addresses and ports, which come later than others' content.
    const bool sock = field.type == FieldType::kSock;
    const int64_t skip = sock ? offsetof(tl_sock, local) : sizeof(tl_field);
    const int64_t shape = int64_t{field_size(field.type)} | skip << TL_RATE_SKIP;
    builder_.call(Callee::tl_rate_value,
                  {slot_, static_cast<int64_t>(number), int64_t{field.offset}, shape, bytes});
  }

  // To `limited` unless every Post of the list may post.
  void rate(Label limited) {
    int64_t previous = 0;
    for (const CheckedAction& action : selector_.actions) {
      if (action.rate_limit) {
        const Value allowed = builder_.value();
        const int64_t what = previous | scope_of(*action.rate_limit) << TL_RATE_SCOPE;
        builder_.call(allowed, Callee::tl_rate_allows, {slot_, what, int64_t{action.rate_limit->interval}});
        builder_.branch_if(kEqual, Width::k8, allowed, 0, limited);
      }
      previous = static_cast<int64_t>(action.kind) + 1;
    }
  }

  // To `none` when the file that is mapped has none.
  void build_id(Label none) {
    const auto field = std::ranges::find(schema_.fields, FieldType::kBuildId, &Field::type);
    const CheckedArg& file = hook_.args.front();
    const Value found = builder_.value();
    builder_.call(found, Callee::tl_build_id_read,
                  {judging_.values.address(file.source), slot_, int64_t{field->offset},
                   judging_.values.held(file).at()});
    builder_.branch_if(kEqual, Width::k8, found, 0, none);
  }

  // What is longer than a record goes ahead of it.
  void data() {
    size_t field = 0;
    for (const CheckedArg& arg : hook_.args) {
      if (is_shown(arg)) judging_.values.send_data(arg, schema_.fields[field++]);
    }
  }

  // Whose the event is: the owner's of the last of its sockets that has one.
  void owner(const Field& field) {
    store(field.offset, int64_t{0});
    store(field.offset + offsetof(tl_owner, tgid), int64_t{0});
    const int64_t key = tracking_key(judging_.policy(section_));
    for (const CheckedArg& arg : hook_.args) {
      if (!is_shown(arg) || !is_socket(arg.type)) continue;
      builder_.call(Callee::tl_sock_tell,
                    {slot_, judging_.values.held(arg).at(), key, int64_t{field.offset}});
    }
  }

  // Only selectors that ask for a stack pay for it; in the records of others of the section it is empty.
  void stack(const Field& field, Value end) {
    const bool user = field.type == FieldType::kUserStack;
    const auto asked = user ? &CheckedAction::user_stack : &CheckedAction::kernel_stack;
    if (std::ranges::any_of(selector_.actions, asked)) {
      builder_.call(end, Callee::tl_stack, {slot_, int64_t{field.offset}, end, int64_t{user}});
    } else {
      store(field.offset, int64_t{0});
    }
  }

  // Until there is one.
  void no_hash(const Field& field) {
    store(field.offset, int64_t{0});
    store(field.offset + 8, int64_t{0});
  }

  void entry_time() {
    store(offsetof(tl_return, entry_time),
          builder_.load(slot_, offsetof(tl_slot, entry.time), Width::k8, "entry time"));
  }

  const Judging& judging_;
  Builder& builder_;
  Value slot_;
  const CheckedHook& hook_;
  const CheckedSelector& selector_;
  const Schema& schema_;
  size_t section_;
  size_t number_;  // of the selector
};

}  // namespace

void write_record(const Judging& judging, size_t section, size_t selector) {
  RecordWriter(judging, section, selector).write();
}

bool shows_owner(const CheckedPolicy& policy, const CheckedHook& hook) {
  return tracks_sockets(policy) && std::ranges::any_of(hook.args, [](const CheckedArg& arg) {
           return is_shown(arg) && is_socket(arg.type);
         });
}

bool is_shown(const CheckedArg& arg) {
  return arg.place != ArgPlace::kHidden && family_of(arg.type) != ArgFamily::kNone;
}

}  // namespace tripline
