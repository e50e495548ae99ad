// SPDX-License-Identifier: Apache-2.0
// Every operator on an argument of every type in every kind of hook: what the table tests/corpus/cells.tsv says of it,
// and the smallest policy that asks for it. What filters compare with, and what must and must not match it, is here
// too, so that the policies that are checked are those that are run.
//
// The table is written from the language's reference, not from src/policy. It refuses itself: a cell that is missing or
// there twice, a name that there is not.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"
#include "policy/words.h"

namespace tripline {

#define TRIPLINE_CELL_HOOKS(X)                                               \
  X(kFunction, "function")     /* kprobes on a kernel function, matchArgs */ \
  X(kSyscall, "syscall")       /* kprobes on a system call */                \
  X(kReturn, "return")         /* kprobes, matchReturnArgs */                \
  X(kFentry, "fentry")         /* fentries */                                \
  X(kTracepoint, "tracepoint") /* the fields of a tracepoint's record */     \
  X(kRaw, "raw")               /* the arguments of a raw tracepoint */       \
  X(kLsm, "lsm")               /* lsmhooks */                                \
  X(kUprobe, "uprobe")         /* uprobes, matchArgs */                      \
  X(kUretprobe, "uretprobe")   /* uprobes, matchReturnArgs */                \
  X(kUsdt, "usdt")             /* the arguments of a usdt probe */

#define TRIPLINE_CELL_RESULTS(X)                                                                 \
  X(kWorks, "works")                                                                             \
  X(kNever, "never")     /* accepted with a warning, matches nothing */                          \
  X(kAlways, "always")   /* accepted with a warning, matches everything */                       \
  X(kAbsent, "absent")   /* accepted, with a warning that there is never such an argument */     \
  X(kEmpty, "empty")     /* works, and there is never anything to work on, which is warned of */ \
  X(kRefused, "refused") /* the operator is wrong */                                             \
  X(kUntyped, "untyped") /* the type is wrong: there is no such argument in a hook of this kind */

#define TRIPLINE_CELL_VALUE(value, text) value,
enum class CellHook { TRIPLINE_CELL_HOOKS(TRIPLINE_CELL_VALUE) };
enum class CellResult { TRIPLINE_CELL_RESULTS(TRIPLINE_CELL_VALUE) };
#undef TRIPLINE_CELL_VALUE

inline constexpr size_t kCellHooks = static_cast<size_t>(CellHook::kUsdt) + 1;
// Is it about what a function returns?
[[nodiscard]] constexpr bool of_return(CellHook hook) {
  return hook == CellHook::kReturn || hook == CellHook::kUretprobe;
}
// Is it on code of user space?
[[nodiscard]] constexpr bool of_user(CellHook hook) { return hook >= CellHook::kUprobe; }

struct Cell {
  policy::Operator op = policy::Operator::kEqual;
  policy::DeclaredType type = policy::DeclaredType::kInt;
  CellHook hook = CellHook::kFunction;
  auto operator<=>(const Cell&) const = default;
};

struct CellTable {
  std::map<Cell, CellResult> results;
  std::vector<std::string> wrong;  // with the table itself
};
[[nodiscard]] CellTable read_cells();

[[nodiscard]] std::string describe(const Cell& cell);
[[nodiscard]] std::string_view name_of(CellHook hook);
[[nodiscard]] std::string_view name_of(CellResult result);

// The smallest policy with the filter, of the tiny kernel's hooks and files. Where the type is written and where the operator is,
// so that a message can be held against them. Without values if those are not wanted.
struct CellDocument {
  Source source;
  int type_line = 0;
  int type_column = 0;
  int filter_line = 0;
  int operator_column = 0;
};
[[nodiscard]] CellDocument document_of(const Cell& cell, bool with_values = true);

// Two values of an argument: what an operator that works is to match, and what it is not to.
struct CellPair {
  std::vector<std::string> values;  // of the filter
  int64_t matching = 0;             // integers and sets of capabilities
  int64_t other = 0;
};
[[nodiscard]] CellPair numbers_of(policy::Operator op, policy::DeclaredType type);

// The same of text and paths: every filter is made from these two.
struct CellTexts {
  std::string matching;
  std::string other;
};
[[nodiscard]] CellTexts texts_of(policy::DeclaredType type);

}  // namespace tripline
