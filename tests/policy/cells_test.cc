// SPDX-License-Identifier: Apache-2.0
// Every operator on every type in every kind of hook: what check() says of the smallest policy that asks for it.
#include "policy/cells.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "policy/check/operators.h"
#include "policy/corpus.h"

namespace tripline {
namespace {

using policy::DeclaredType;
using policy::Operator;
using policy::word;

std::string place(int line, int column) { return std::to_string(line) + ":" + std::to_string(column) + " "; }

// Nobody tells how long a buffer is that is returned.
std::string no_length(const Cell& cell, const CellDocument& document) {
  const bool sized = cell.type == DeclaredType::kCharBuf || cell.type == DeclaredType::kCharIovec;
  if (!of_return(cell.hook) || !sized) return "";
  return place(document.type_line, document.type_column) + "warning: the length of this " +
         std::string(word(cell.type)) + " is unknown, so nothing is read\n";
}

// No process passes a struct of the kernel. Sets of capabilities and what bpf() is asked have the same form in both.
std::string no_struct(const Cell& cell, const CellDocument& document) {
  using enum DeclaredType;
  constexpr auto kStructs = std::to_array<DeclaredType>(
      {kFile, kPath, kDentry, kLinuxBinprm, kNetDevice, kSock, kSocket, kSkb, kFilename, kKiocb, kIovIter,
       kCred, kUserNamespace, kLoadInfo, kModule, kBpfProg, kBpfMap, kPerfEvent});
  if (cell.hook != CellHook::kSyscall || std::ranges::find(kStructs, cell.type) == kStructs.end()) return "";
  const std::string type(word(cell.type));
  const std::string warning =
      "warning: type " + type + " is a struct of the kernel, which no process passes: nothing is read\n";
  std::string out = place(document.type_line, document.type_column) + warning;
  if (cell.op != Operator::kCapabilitiesGained) return out;
  const size_t second = type.size() + std::string("}, {index: 1, type: ").size();  // of two
  return out + place(document.type_line, document.type_column + static_cast<int>(second)) + warning;
}

// What is said of the argument, whatever the operator.
std::string of_type(const Cell& cell, const CellDocument& document) {
  return no_struct(cell, document) + no_length(cell, document);
}

// All that is said of a filter that is not refused.
std::string warnings(const Cell& cell, CellResult result, const CellDocument& document,
                     std::string_view type) {
  std::string said = of_type(cell, document);
  if (result == CellResult::kWorks || result == CellResult::kEmpty || result == CellResult::kAbsent)
    return said;
  return said + place(document.filter_line, document.operator_column) + "warning: operator " +
         std::string(word(cell.op)) + (result == CellResult::kAlways ? " always" : " never") +
         " matches an argument of type " + std::string(type) + "\n";
}

// How an argument of the type is called in messages.
std::string_view told(const Cell& cell) {
  return word(cell.type == DeclaredType::kAuto ? DeclaredType::kUint64 : cell.type);
}

// The one error of an operator that is wrong.
std::string refusal(const Cell& cell, const CellDocument& document) {
  const std::string op(word(cell.op));
  const std::string at = of_type(cell, document) + place(document.filter_line, document.operator_column);
  const bool two = cell.op == Operator::kCapabilitiesGained;
  if (of_return(cell.hook) && (two || cell.op == Operator::kCelExpr))
    return at + "error: operator " + op + " cannot be used in matchReturnArgs\n";
  if (two) {
    constexpr int kFirstPosition = 15;
    return of_type(cell, document) + place(document.filter_line, kFirstPosition) +
           "error: argument 0 is of type " + std::string(told(cell)) + ", not a set of capabilities\n";
  }
  if (cell.op == Operator::kCelExpr) {
    const int values =
        document.operator_column + static_cast<int>(op.size() + std::string(", values: [").size());
    return no_struct(cell, document) + place(document.filter_line, values) +
           "error: invalid expression at character 1: \"arg0\" is of type " + std::string(told(cell)) +
           ", which an expression cannot use\n";
  }
  return at + "error: operator " + op + " cannot be used on an argument of type " + std::string(told(cell)) +
         "\n";
}

// Why there is no argument of the type.
std::string_view untyped(const Cell& cell) {
  using enum DeclaredType;
  const bool of_tracepoints =
      cell.type == kAuto || cell.type == kSyscall64 || cell.type == kDataLoc || cell.type == kConstBuf;
  return of_tracepoints || !of_user(cell.hook)
             ? " cannot be used here\n"
             : " is a struct of the kernel, which memory of a process does not have\n";
}

TEST(Cells, TableIsWhole) {
  const CellTable table = read_cells();
  EXPECT_EQ(table.wrong, std::vector<std::string>{});
}

TEST(Cells, AcceptedRefusedAndWarnedAsTheTableSays) {
  for (const auto& [cell, result] : read_cells().results) {
    const CellDocument document = document_of(cell);
    const Verdict verdict = judge(document.source);
    const std::string said = messages(verdict.diagnostics);
    const std::string where = describe(cell) + "\n" + document.source.text;
    switch (result) {
      case CellResult::kWorks:
      case CellResult::kNever:
      case CellResult::kAlways:
      case CellResult::kAbsent:
      case CellResult::kEmpty:
        EXPECT_EQ(said, warnings(cell, result, document, told(cell))) << where;
        EXPECT_TRUE(verdict.checked) << where;
        break;
      case CellResult::kRefused:
        EXPECT_EQ(said, refusal(cell, document)) << where;
        EXPECT_FALSE(verdict.checked) << where;
        break;
      case CellResult::kUntyped:
        EXPECT_TRUE(said.starts_with(place(document.type_line, document.type_column) + "error: type " +
                                     std::string(word(cell.type)) + std::string(untyped(cell))))
            << said << where;
        EXPECT_FALSE(verdict.checked) << where;
        break;
    }
  }
}

// Without values GT, LT and Mask are accepted on every type, as are text operators; the rest is refused, but for those
// that want none.
TEST(Cells, WithoutValues) {
  for (const auto& [cell, result] : read_cells().results) {
    if (result == CellResult::kUntyped) continue;
    const bool compares = cell.op == Operator::kGt || cell.op == Operator::kLt || cell.op == Operator::kMask;
    if (!compares || result != CellResult::kRefused) continue;
    const CellDocument document = document_of(cell, false);
    const Verdict verdict = judge(document.source);
    EXPECT_EQ(messages(verdict.diagnostics), warnings(cell, CellResult::kNever, document, told(cell)))
        << describe(cell);
    EXPECT_TRUE(verdict.checked) << describe(cell);
  }
}

}  // namespace
}  // namespace tripline
