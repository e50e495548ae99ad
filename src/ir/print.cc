// SPDX-License-Identifier: Apache-2.0
// Writes the text form:
//
//   hook "fentry fd_install"
//   entry typed
//   document "kill.yaml"
//   values 3
//
//   start:
//     v0 = argument 1
//     v1 = u32[v0+32] "d_name.len"            ; kill.yaml:14
//     v2 = call tl_file_path(v0, v1, 0)
//     u64[v2+8] = 0x100000000
//     if u32 v1 == 7 then found else done     ; kill.yaml:14
//   found:
//     goto done
//   done:
//     return
//
// A document whose name is not plain text, or not the only one of that name, is written by number: `; #1:14`.
#include <algorithm>
#include <array>
#include <charconv>

#include "ir/program.h"

namespace tripline::ir {
namespace {

constexpr size_t kCommentColumn = 56;

std::string hex(uint64_t number, size_t digits) {
  std::array<char, 16> text;
  const auto [end, error] = std::to_chars(text.begin(), text.end(), number, 16);
  const std::string out(text.begin(), end);
  return std::string(digits > out.size() ? digits - out.size() : 0, '0') + out;
}

// Small numbers in decimal, others as the 8 bytes they are.
std::string number(int64_t number) {
  if (number > -4096 && number < 65536) return std::to_string(number);
  return "0x" + hex(static_cast<uint64_t>(number), 1);
}

std::string text(Value value) { return "v" + std::to_string(value.id); }

std::string text(const Operand& operand) {
  struct Visitor {
    std::string operator()(Value value) const { return text(value); }
    std::string operator()(int64_t value) const { return number(value); }
  };
  return std::visit(Visitor{}, operand);
}

std::string quote(std::string_view bytes) {
  std::string out = "\"";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (byte < 0x20 || byte >= 0x7f) {
      out += "\\x" + hex(byte, 2);
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string_view width_name(Width width) {
  switch (width) {
    case Width::k1:
      return "u8";
    case Width::k2:
      return "u16";
    case Width::k4:
      return "u32";
    case Width::k8:
      return "u64";
  }
  return "u?";
}

std::string memory(Width width, Value base, int32_t offset) {
  std::string out(width_name(width));
  out += '[' + text(base);
  if (offset != 0) out += (offset > 0 ? "+" : "") + std::to_string(offset);
  return out + ']';
}

std::string_view symbol(BinaryOp op) {
  switch (op) {
    case BinaryOp::kAdd:
      return "+=";
    case BinaryOp::kSub:
      return "-=";
    case BinaryOp::kAnd:
      return "&=";
    case BinaryOp::kOr:
      return "|=";
    case BinaryOp::kXor:
      return "^=";
    case BinaryOp::kShiftLeft:
      return "<<=";
    case BinaryOp::kShiftRight:
      return ">>=";
    case BinaryOp::kShiftRightSigned:
      return "s>>=";
    case BinaryOp::kByteSwap:
      return "swap=";
  }
  return "?=";
}

std::string_view symbol(Compare compare) {
  switch (compare) {
    case Compare::kEqual:
      return "==";
    case Compare::kNotEqual:
      return "!=";
    case Compare::kLess:
      return "<";
    case Compare::kLessEqual:
      return "<=";
    case Compare::kGreater:
      return ">";
    case Compare::kGreaterEqual:
      return ">=";
    case Compare::kTestBits:
      return "&";
  }
  return "?";
}

std::string_view entry_name(Entry entry) {
  switch (entry) {
    case Entry::kTyped:
      return "typed";
    case Entry::kPtRegs:
      return "ptregs";
    case Entry::kRecord:
      return "record";
  }
  return "?";
}

struct OpText {
  std::string operator()(const Constant& op) const { return text(op.dst) + " = " + number(op.number); }
  std::string operator()(const Copy& op) const { return text(op.dst) + " = " + text(op.from); }
  std::string operator()(const Argument& op) const {
    return text(op.dst) + " = argument " + std::to_string(op.parameter);
  }
  std::string operator()(const Context& op) const {
    return text(op.dst) + " = context " + std::string(width_name(op.width)) + '[' +
           std::to_string(op.offset) + ']';
  }
  std::string operator()(const SetContext& op) const {
    return "context " + std::string(width_name(op.width)) + '[' + std::to_string(op.offset) +
           "] = " + text(op.from);
  }
  std::string operator()(const Load& op) const {
    std::string out = text(op.dst) + " = " + memory(op.width, op.base, op.offset);
    if (!op.what.empty()) out += ' ' + quote(op.what);
    return out;
  }
  std::string operator()(const Store& op) const {
    return memory(op.width, op.base, op.offset) + " = " + text(op.from);
  }
  std::string operator()(const Control& op) const {
    return text(op.dst) + " = control[" + std::to_string(op.offset) + ']';
  }
  std::string operator()(const Binary& op) const {
    return text(op.dst) + ' ' + std::string(symbol(op.op)) + ' ' + text(op.operand);
  }
  std::string operator()(const Call& op) const {
    std::string out = op.dst ? text(*op.dst) + " = " : "";
    out += "call " + std::string(callee_info(op.callee).name) + '(';
    for (size_t i = 0; i < op.arguments.size(); ++i) out += (i == 0 ? "" : ", ") + text(op.arguments[i]);
    return out + ')';
  }
};

struct EndText {
  const Program& program;
  std::string operator()(const Branch& end) const {
    std::string out = "if ";
    if (end.width != Width::k8) out += std::string(width_name(end.width)) + ' ';
    out += text(end.left) + ' ' + std::string(symbol(end.compare)) + ' ' + text(end.right);
    return out + " then " + block(end.then) + " else " + block(end.otherwise);
  }
  std::string operator()(const Jump& end) const { return "goto " + block(end.to); }
  std::string operator()(const Return& end) const {
    return end == Return{} ? "return" : "return " + text(end.value);
  }
  [[nodiscard]] std::string block(uint32_t index) const {
    return index < program.blocks.size() ? program.blocks[index].name : "#" + std::to_string(index);
  }
};

bool is_plain(std::string_view name) {
  return !name.empty() && name.front() != '#' &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f; });
}

// How comments name each document.
std::vector<std::string> document_names(const Program& program) {
  std::vector<std::string> out;
  for (size_t i = 0; i < program.documents.size(); ++i) {
    const std::string& name = program.documents[i];
    const bool plain = is_plain(name) && std::ranges::count(program.documents, name) == 1;
    out.push_back(plain ? name : '#' + std::to_string(i));
  }
  return out;
}

std::string commented(std::string line, Line place, const std::vector<std::string>& documents) {
  if (place == Line{}) return line + '\n';
  line.resize(std::max(line.size() + 1, kCommentColumn), ' ');
  line += "; ";
  line +=
      place.document < documents.size() ? documents[place.document] : '#' + std::to_string(place.document);
  line += ':' + std::to_string(place.line);
  if (place.column > 0) line += '.' + std::to_string(place.column);
  return line + '\n';
}

}  // namespace

std::string print(const Instruction& instruction) { return std::visit(OpText{}, instruction.op); }

std::string print(const Program& program) {
  const std::vector<std::string> documents = document_names(program);
  std::string out = "hook " + quote(program.hook) + '\n';
  out += "entry " + std::string(entry_name(program.entry)) + '\n';
  for (const std::string& document : program.documents) out += "document " + quote(document) + '\n';
  out += "values " + std::to_string(program.values) + "\n\n";
  for (const Block& block : program.blocks) {
    out += block.name + ":\n";
    for (const Instruction& instruction : block.body) {
      out += commented("  " + print(instruction), instruction.line, documents);
    }
    out += commented("  " + std::visit(EndText{program}, block.end), block.end_line, documents);
  }
  return out;
}

}  // namespace tripline::ir
