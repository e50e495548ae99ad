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

// Functions a program can call: of the runtime library (bpf/lib) and of the kernel. NAME, parameters, has a result,
// is pure (does nothing else, and gives the same result whenever it is called in one run), gets the context before
// its parameters.
// clang-format off
#define TRIPLINE_CALLEES(X)                         \
  X(tl_slot_get, 0, true, false, false)             \
  X(tl_slot_put, 1, false, false, false)            \
  X(tl_peek, 2, true, false, false)                 \
  X(tl_argument, 1, true, true, true)               \
  X(tl_saved_argument, 1, true, true, true)         \
  X(tl_follow, 3, true, false, false)               \
  X(tl_resolved_number, 4, true, false, false)      \
  X(tl_resolved, 2, false, false, false)            \
  X(tl_place_value, 4, true, false, false)          \
  X(tl_string_value, 3, true, false, false)         \
  X(tl_record_text, 4, true, false, false)          \
  X(tl_filename_value, 3, true, false, false)       \
  X(tl_net_device_value, 3, true, false, false)     \
  X(tl_buffer_value, 4, true, false, false)         \
  X(tl_iovec_value, 5, true, false, false)          \
  X(tl_iov_iter_value, 3, true, false, false)       \
  X(tl_find, 3, true, false, false)                 \
  X(tl_file_value, 3, true, false, false)           \
  X(tl_syscall_abi, 0, true, true, false)           \
  X(tl_record_address, 1, true, true, true)         \
  X(tl_record_data, 1, true, true, true)            \
  X(tl_record_begin, 3, false, false, false)        \
  X(tl_record_value, 5, true, false, false)         \
  X(tl_sock_track, 3, false, false, false)          \
  X(tl_sock_untrack, 3, false, false, false)        \
  X(tl_sock_tell, 4, false, false, false)           \
  X(tl_data_send, 3, false, false, false)           \
  X(tl_record_send, 3, false, false, false)         \
  X(tl_entry_send, 4, false, false, false)          \
  X(tl_entry_note, 2, false, false, false)          \
  X(tl_entry_frame, 2, false, false, true)          \
  X(tl_hash_keep, 4, false, false, false)           \
  X(tl_hash_send, 0, false, false, true)            \
  X(tl_hash_send_program, 0, false, false, true)    \
  X(tl_entry_take, 3, true, false, false)           \
  X(tl_count, 2, false, false, false)               \
  X(tl_judge, 0, true, false, true)                 \
  X(tl_take, 1, true, false, false)                 \
  X(tl_taken, 1, true, false, false)                \
  X(bpf_send_signal, 1, true, false, false)         \
  X(bpf_get_current_pid_tgid, 0, true, true, false) \
  X(bpf_get_current_task, 0, true, true, false)     \
  X(bpf_get_current_task_btf, 0, true, true, false) \
  X(tl_sock_value, 3, true, false, false)           \
  X(tl_socket_value, 3, true, false, false)         \
  X(tl_sockaddr_value, 3, true, false, false)       \
  X(tl_capabilities_value, 3, true, false, false)   \
  X(tl_cred_value, 3, true, false, false)           \
  X(tl_bpf_attr_value, 3, true, false, false)       \
  X(tl_bpf_prog_value, 3, true, false, false)       \
  X(tl_bpf_map_value, 3, true, false, false)        \
  X(tl_load_info_value, 3, true, false, false)      \
  X(tl_module_value, 3, true, false, false)         \
  X(tl_sockaddr_un_value, 4, true, false, false)    \
  X(tl_stack, 4, true, false, true)                 \
  X(tl_rate_begin, 2, false, false, false)          \
  X(tl_rate_value, 5, false, false, false)          \
  X(tl_rate_allows, 3, true, false, false)          \
  X(tl_skb_value, 3, true, false, false)            \
  X(tl_user_namespace_value, 3, true, false, false) \
  X(tl_perf_event_value, 3, true, false, false)     \
  X(bpf_override_return, 1, false, false, true)     \
  X(tl_task_number, 1, true, true, false)           \
  X(tl_fact_entry, 0, true, true, false)            \
  X(tl_facts_read, 2, false, false, false)          \
  X(tl_changed_namespaces, 1, true, true, false)    \
  X(tl_changed_capabilities, 2, true, true, false)  \
  X(tl_renew_namespaces, 1, false, false, false)    \
  X(tl_renew_capabilities, 1, false, false, false)  \
  X(tl_fact_slot, 0, true, true, true)              \
  X(bpf_get_attach_cookie, 0, true, true, true)     \
  X(bpf_preempt_disable, 0, false, false, false)    \
  X(bpf_preempt_enable, 0, false, false, false)     \
  X(bpf_local_irq_save, 0, false, false, false)     \
  X(bpf_local_irq_restore, 0, false, false, false)
// clang-format on

enum class Callee : uint8_t {
#define TRIPLINE_CALLEE_ENUM(name, parameters, result, pure, context) name,
  TRIPLINE_CALLEES(TRIPLINE_CALLEE_ENUM)
#undef TRIPLINE_CALLEE_ENUM
};

struct CalleeInfo {
  std::string_view name;
  uint32_t parameters = 0;
  bool has_result = false;
  bool pure = false;
  bool context = false;
};
[[nodiscard]] const CalleeInfo& callee_info(Callee callee);

// [dst =] callee(arguments).
struct Call {
  std::optional<Value> dst;
  Callee callee = Callee::tl_slot_get;
  std::vector<Operand> arguments;
  bool operator==(const Call&) const = default;
};

using Op = std::variant<Constant, Copy, Argument, Context, Load, Store, Control, Binary, Call>;

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
