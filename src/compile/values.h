// SPDX-License-Identifier: Apache-2.0
// The values that a hook's judge works with. Each is read once, for all policies that use it: integers stay in
// registers, everything else is put into the slot by a function of the library (abi/scratch.h).
#pragma once

#include <cstdint>
#include <map>

#include "abi/scratch.h"
#include "compile/builder.h"
#include "compile/plan.h"
#include "compile/sources.h"
#include "object/object.h"
#include "policy/scratch.h"

namespace tripline {

// A value in the slot.
struct Held {
  ir::Value result;     // what the library's function returned
  uint32_t index = 0;   // of its struct tl_value
  uint32_t buffer = 0;  // of its bytes
  // The argument `at` of the library's functions.
  [[nodiscard]] int64_t at() const { return int64_t{index} | int64_t{buffer} << TL_AT_BUFFER; }
  // Offsets in the slot.
  [[nodiscard]] uint32_t fixed_offset() const;
  [[nodiscard]] uint32_t buffer_offset() const;
};

class Values {
 public:
  Values(Builder& builder, const HookPlan& plan, const Kernel& kernel)
      : builder_(builder),
        sources_(builder, kernel, plan),
        typed_(entry_of(plan.attachment) == ir::Entry::kTyped) {}

  // Reads everything of a section that goes into the slot and is not there yet. Who gets past the filter nearly always
  // needs it, and doing it in one place keeps what the kernel has to verify in proportion to the number of selectors.
  void extract(ir::Value slot, const CheckedHook& hook);
  // Would the slot hold everything of this section, too?
  [[nodiscard]] bool has_room_for(const CheckedHook& hook) const;
  // What is in the slot is no longer asked for, or belongs to another call from here on.
  void forget();

  // Of an integer: its low bits are the number. To `no` when it could not be read.
  ir::Value number(const CheckedArg& arg, Label no);
  // The 8 bytes of a source, as they come.
  ir::Value plain(const ArgSource& source) { return sources_.read(source); }
  // The same of a pointer, as a number.
  ir::Value address(const ArgSource& source) { return sources_.number(source); }
  // Of anything else.
  [[nodiscard]] const Held& held(const CheckedArg& arg) const { return held_.at(key_of(arg)); }

  // Sends what the record of the value has no room for, where that is asked for.
  void send_data(const CheckedArg& arg, const Field& field);
  // Writes the value into the record that is open in the slot; `end` is the record's size so far.
  void record(const CheckedArg& arg, const Field& field, ir::Value end);

 private:
  void extract(const CheckedArg& arg);
  [[nodiscard]] bool is_typed_file(const CheckedArg& arg) const;
  ir::Value address_of(const CheckedArg& arg);
  ir::Value number_at(const ArgSource& source);
  std::optional<ir::Operand> room(const ArgSource& source);
  ir::Operand buffer_size(const CheckedArg& arg);
  void text(const CheckedArg& arg, const Held& held, ir::Value address);
  ir::Value resolve(const CheckedArg& arg);
  void follow(const ArgSource& source, size_t pointers, ir::Value at, int64_t what);
  void resolved_number(const CheckedArg& arg, const Held& held, ir::Value address);

  Builder& builder_;
  Sources sources_;
  bool typed_ = false;  // the program's arguments are
  ir::Value slot_;
  std::map<ArgKey, Held> held_;
  Room room_;  // what they take of it
  uint32_t buffers_ = 0;
};

// How a record holds an argument of this type.
[[nodiscard]] FieldType field_type_of(ArgType type);

}  // namespace tripline
