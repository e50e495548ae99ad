// SPDX-License-Identifier: Apache-2.0
// Program: the intermediate form of everything that happens at one hook. A list of blocks of simple instructions over
// numbered values; control flow only goes forward, so a program always ends and a value's life is an interval.
// Values are plain variables: one may be assigned in several blocks. The text form (print.cc) parses back (parse.cc)
// to an equal Program. Nothing here knows of policies: a Line names the document an instruction comes from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/source.h"
#include "hook/attachment.h"
#include "ir/callee.h"

namespace tripline::ir {

// How the hook's program is attached, as far as reading its arguments depends on it.
using Entry = tripline::Entry;

// A value: v0, v1, ... Its content is 8 bytes; what it means is up to the instructions.
struct Value {
  uint32_t id = 0;
  auto operator<=>(const Value&) const = default;
};

// A value or a number.
using Operand = std::variant<Value, int64_t>;

enum class Width : uint8_t { k1 = 1, k2 = 2, k4 = 4, k8 = 8 };

// dst = number.
struct Constant {
  Value dst;
  int64_t number = 0;
  bool operator==(const Constant&) const = default;
};

// dst = another value.
struct Copy {
  Value dst;
  Value from;
  bool operator==(const Copy&) const = default;
};

// dst = argument `parameter` of the hook function, 8 bytes as passed in its register.
struct Argument {
  Value dst;
  uint32_t parameter = 0;
  bool operator==(const Argument&) const = default;
};

// dst = `width` bytes, zero-extended, at `offset` of the context: a field of the record, a register.
struct Context {
  Value dst;
  uint32_t offset = 0;
  Width width = Width::k8;
  bool operator==(const Context&) const = default;
};

// `width` bytes at `offset` of the context, which is struct pt_regs of a process, become the low bytes of `from`.
struct SetContext {
  uint32_t offset = 0;
  Width width = Width::k8;
  Operand from;
  bool operator==(const SetContext&) const = default;
};

// dst = memory of `width` bytes, zero-extended, at `base` + `offset`. The base is a typed kernel pointer (only in a
// kTyped program) or scratch memory. `what` names the member read, for people.
struct Load {
  Value dst;
  Value base;
  int32_t offset = 0;
  Width width = Width::k8;
  std::string what;
  bool operator==(const Load&) const = default;
};

// Scratch memory at `base` + `offset` = low `width` bytes of `from`.
struct Store {
  Value base;
  int32_t offset = 0;
  Width width = Width::k8;
  Operand from;
  bool operator==(const Store&) const = default;
};

// dst = 4 bytes at `offset` of the control block that all programs share (tl_control).
struct Control {
  Value dst;
  uint32_t offset = 0;
  bool operator==(const Control&) const = default;
};

enum class BinaryOp : uint8_t {
  kAdd,
  kSub,
  kAnd,
  kOr,
  kXor,
  kShiftLeft,
  kShiftRight,
  kShiftRightSigned,
  kByteSwap,
};

// dst = dst OP operand, 64 bits. kByteSwap reverses the bytes of dst; its operand is the number 64.
struct Binary {
  BinaryOp op = BinaryOp::kAdd;
  Value dst;
  Operand operand;
  bool operator==(const Binary&) const = default;
};

// [dst =] callee(arguments).
struct Call {
  std::optional<Value> dst;
  Callee callee = Callee::tl_slot_get;
  std::vector<Operand> arguments;
  bool operator==(const Call&) const = default;
};

using Op = std::variant<Constant, Copy, Argument, Context, SetContext, Load, Store, Control, Binary, Call>;

enum class Compare : uint8_t { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual, kTestBits };

// Ends a block: to `then` when the comparison holds, else to `otherwise`. Unsigned; `width` k4 compares low halves,
// k8 the whole; there are no others. kTestBits holds when both have a bit in common.
struct Branch {
  Compare compare = Compare::kEqual;
  Width width = Width::k8;
  Value left;
  Operand right;
  uint32_t then = 0;
  uint32_t otherwise = 0;
  bool operator==(const Branch&) const = default;
};

struct Jump {
  uint32_t to = 0;
  bool operator==(const Jump&) const = default;
};

// The program ends and returns `value`.
struct Return {
  Operand value = int64_t{0};
  bool operator==(const Return&) const = default;
};

using End = std::variant<Branch, Jump, Return>;

// Where an instruction comes from: an index into Program::documents, and a place there. Line 0: from no policy.
struct Line {
  uint32_t document = 0;
  uint32_t line = 0;
  uint32_t column = 0;  // 0: not known
  bool operator==(const Line&) const = default;
};

struct Instruction {
  Op op;
  Line line;
  bool operator==(const Instruction&) const = default;
};

struct Block {
  std::string name;  // unique, for people and the text form
  std::vector<Instruction> body;
  End end;
  Line end_line;
  bool operator==(const Block&) const = default;
};

struct Program {
  std::string hook;  // "fentry fd_install": what it is attached to, for people
  Entry entry = Entry::kTyped;
  std::vector<std::string> documents;  // names that Lines point to
  std::vector<Block> blocks;           // the first is the entry; every edge goes to a later block
  uint32_t values = 0;                 // all ids are below it
  bool operator==(const Program&) const = default;
};

// The text form. One instruction a line, `; DOCUMENT:LINE` where it comes from a policy.
[[nodiscard]] std::string print(const Program& program);
[[nodiscard]] std::string print(const Instruction& instruction);

// Parses the text form. Refuses anything print would not write; the error names the line.
[[nodiscard]] Result<Program> parse(std::string_view text);

// What must hold of every Program: forward edges, known values, defined before used on every path, argument counts,
// typed loads only in kTyped programs. Returns the first broken rule as a sentence; empty when all hold.
[[nodiscard]] std::string verify(const Program& program);

// One pass over a program; passes keep its meaning.
struct Pass {
  std::string_view name;
  void (*run)(Program&);
};

// The passes in the order they run.
[[nodiscard]] const std::vector<Pass>& passes();

// Runs all passes, and verify after each in debug builds.
void simplify(Program& program);

}  // namespace tripline::ir
