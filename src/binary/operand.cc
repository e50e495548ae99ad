// SPDX-License-Identifier: Apache-2.0
#include "binary/operand.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace tripline::binary {
namespace {

constexpr std::array<std::string_view, 18> kRegisterNames = {
    "",   "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
    "r8", "r9",  "r10", "r11", "r12", "r13", "r14", "r15", "rip",
};
static_assert(kRegisterNames.size() == static_cast<size_t>(Register::kRip) + 1);

struct Part {
  Register which = Register::kNone;
  uint8_t bytes = 8;
  bool is_high_byte = false;
};

// By the names of its parts: %eax, %ax, %al and %ah of %rax; %r8d, %r8w and %r8b of %r8.
Part register_part(std::string_view name) {
  const auto whole = [](std::string_view full) {
    const auto found = std::ranges::find(kRegisterNames, full);
    return found == kRegisterNames.end() || full.empty()
               ? Register::kNone
               : static_cast<Register>(found - kRegisterNames.begin());
  };
  if (const Register full = whole(name); full != Register::kNone) return {full, 8};
  if (name.size() < 2) return {};
  const char last = name.back();
  const std::string front(name.substr(0, name.size() - 1));
  if (name[0] == 'r' && name[1] >= '0' && name[1] <= '9') {
    const uint8_t bytes = last == 'd' ? 4 : last == 'w' ? 2 : last == 'b' || last == 'l' ? 1 : 0;
    return bytes == 0 ? Part{} : Part{whole(front), bytes};
  }
  if (name == "eip") return {};
  if (name[0] == 'e') return {whole("r" + std::string(name.substr(1))), 4};
  if (name.size() == 3 && last == 'l') return {whole("r" + front), 1};  // %sil
  if (name.size() != 2) return {};
  if (last == 'l' || last == 'h') return {whole(std::string("r") + name[0] + "x"), 1, last == 'h'};
  return {whole("r" + std::string(name)), 2};  // %ax, %si
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_symbol(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' ||
         c == '$' || c == '@' || static_cast<unsigned char>(c) >= 0x80;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

std::string_view take_while(std::string_view& text, bool (*holds)(char)) {
  const auto end = std::ranges::find_if_not(text, holds);
  const std::string_view taken = text.substr(0, static_cast<size_t>(end - text.begin()));
  text.remove_prefix(taken.size());
  return taken;
}

// 42, 0x2a; up to 2^64-1, which is -1.
std::optional<int64_t> take_number(std::string_view& text) {
  std::string_view digits = take_while(text, is_symbol);
  int base = 10;
  if (digits.starts_with("0x") || digits.starts_with("0X")) {
    digits.remove_prefix(2);
    base = 16;
  }
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return static_cast<int64_t>(number);
}

// Numbers and at most one symbol, with signs between them: `-8+symbol`, `symbol+8`, `-20`, or nothing.
struct Sum {
  std::string_view symbol;
  int64_t number = 0;
  bool is_empty = true;
};

std::optional<Sum> take_sum(std::string_view& text) {
  Sum out;
  while (!text.empty() && text[0] != '(') {
    const bool is_negative = take(text, '-');
    if (!is_negative && !take(text, '+') && !out.is_empty) return std::nullopt;
    if (text.empty()) return std::nullopt;
    if (is_digit(text[0])) {
      const auto number = take_number(text);
      if (!number) return std::nullopt;
      const auto sum = static_cast<uint64_t>(out.number);
      const auto term = static_cast<uint64_t>(*number);
      out.number = static_cast<int64_t>(is_negative ? sum - term : sum + term);
    } else {
      const std::string_view symbol = take_while(text, is_symbol);
      if (symbol.empty() || !out.symbol.empty() || is_negative) return std::nullopt;
      out.symbol = symbol;
    }
    out.is_empty = false;
  }
  return out;
}

// `-4@`, `8f@`: taken from the text when it begins with one. False when there is one of no size that there is.
bool take_size(std::string_view& text, Operand& out, bool& is_given) {
  std::string_view rest = text;
  const bool is_signed = take(rest, '-');
  const std::string_view digits = take_while(rest, is_digit);
  const bool is_float = take(rest, 'f');
  is_given = !digits.empty() && take(rest, '@');
  if (!is_given) return true;
  text = rest;
  out.is_signed = is_signed;
  out.is_float = is_float;
  for (const uint8_t bytes : {1, 2, 4, 8})
    if (digits == std::to_string(bytes)) {
      out.size = bytes;
      return true;
    }
  out.size = 0;
  return false;
}

int64_t cut(int64_t value, const Operand& operand) {
  const unsigned spare = 64 - 8u * operand.size;
  const uint64_t left = static_cast<uint64_t>(value) << spare;
  return operand.is_signed ? static_cast<int64_t>(left) >> spare : static_cast<int64_t>(left >> spare);
}

Register take_register(std::string_view& text) {
  if (!take(text, '%')) return Register::kNone;
  const Part part = register_part(take_while(text, is_symbol));
  return part.bytes == 8 ? part.which : Register::kNone;  // addresses have 64 bits
}

// `(base,index,scale)`, all of what is left.
bool take_place(std::string_view& text, Operand& out) {
  if (!take(text, '(')) return false;
  if (text.starts_with('%')) {
    out.base = take_register(text);
    if (out.base == Register::kNone) return false;
  }
  if (take(text, ',')) {
    out.index = take_register(text);
    if (out.index == Register::kNone || out.index == Register::kRip || out.index == Register::kRsp)
      return false;
    if (take(text, ',')) {
      const auto scale = take_number(text);
      if (!scale || (*scale != 1 && *scale != 2 && *scale != 4 && *scale != 8)) return false;
      out.scale = static_cast<uint8_t>(*scale);
    }
  }
  return (out.base != Register::kNone || out.index != Register::kNone) && text == ")";
}

constexpr std::string_view kOtherForm = "has an unknown form";

// Why it cannot be read; empty when it can.
std::string parse_constant(std::string_view text, const OperandPlace& place, Operand& out) {
  const auto sum = take_sum(text);
  if (!sum || sum->is_empty || !text.empty()) return std::string(kOtherForm);
  int64_t value = sum->number;
  if (!sum->symbol.empty()) {
    if (!place.is_fixed) return "is an address that is known only once the file is mapped";
    const auto address = place.address(sum->symbol);
    if (!address) return "needs the symbol " + std::string(sum->symbol) + ", which the file does not have";
    value += static_cast<int64_t>(*address);
  }
  out.kind = Operand::Kind::kConstant;
  out.constant = cut(value, out);
  return {};
}

std::string parse_register(std::string_view text, bool has_size, Operand& out) {
  if (text.contains(':')) return "is relative to a segment register";
  const std::string_view name = text.substr(1);
  if (name.starts_with("xmm") || name.starts_with("ymm") || name.starts_with("zmm") || name.starts_with("st"))
    return "is in a vector or floating-point register";
  const Part part = register_part(name);
  if (part.which == Register::kNone) return std::string(kOtherForm);
  if (!has_size) out.size = part.bytes;
  out.kind = Operand::Kind::kRegister;
  out.base = part.which;
  out.is_high_byte = part.is_high_byte && out.size == 1;
  return {};
}

std::string parse_memory(std::string_view text, const OperandPlace& place, Operand& out) {
  const auto sum = take_sum(text);
  if (!sum || (sum->is_empty && text.empty())) return std::string(kOtherForm);
  if (!text.empty() && !take_place(text, out)) return std::string(kOtherForm);
  uint64_t displacement = static_cast<uint64_t>(sum->number);
  const bool is_relative = out.base == Register::kRip;
  if (is_relative && (sum->symbol.empty() || out.index != Register::kNone)) return std::string(kOtherForm);
  if (!sum->symbol.empty()) {
    if (sum->symbol.contains('@')) return "is found through a table of the linker";
    if (!is_relative && !place.is_fixed) return "is at an address that is known only once the file is mapped";
    const auto address = place.address(sum->symbol);
    if (!address) return "needs the symbol " + std::string(sum->symbol) + ", which the file does not have";
    displacement += *address - (is_relative ? place.probe : 0);
  }
  out.kind = Operand::Kind::kMemory;
  out.displacement = static_cast<int64_t>(displacement);
  return {};
}

bool begins_operand(std::string_view word) {
  Operand ignored;
  bool has_size = false;
  (void)take_size(word, ignored, has_size);
  // Of Intel's syntax, "4@DWORD PTR [rbp-4]", the rest belongs to what came before.
  return has_size || !(word == "PTR" || word.starts_with('[') || word.starts_with("FLAT:"));
}

}  // namespace

std::string_view register_name(Register which) { return kRegisterNames[static_cast<size_t>(which)]; }

std::vector<std::string_view> split_operands(std::string_view text) {
  std::vector<std::string_view> out;
  for (size_t at = 0; at < text.size();) {
    const size_t start = text.find_first_not_of(' ', at);
    if (start == text.npos) break;
    at = std::min(text.find(' ', start), text.size());
    const std::string_view word = text.substr(start, at - start);
    if (out.empty() || begins_operand(word)) {
      out.push_back(word);
    } else {
      const auto begin = static_cast<size_t>(out.back().data() - text.data());
      out.back() = text.substr(begin, at - begin);
    }
  }
  return out;
}

std::string_view operand_symbol(std::string_view text) {
  Operand ignored;
  bool has_size = false;
  if (!take_size(text, ignored, has_size) || text.starts_with('%')) return {};
  (void)take(text, '$');
  const auto sum = take_sum(text);
  return sum ? sum->symbol : std::string_view();
}

Operand parse_operand(std::string_view text, const OperandPlace& place) {
  Operand out;
  out.text = text;
  bool has_size = false;
  if (!take_size(text, out, has_size)) {
    out.why = "has more bytes than a number, or a size that is none";
  } else if (take(text, '$')) {
    if (!has_size) out.is_signed = true;
    out.why = parse_constant(text, place, out);
  } else if (text.starts_with('%')) {
    out.why = parse_register(text, has_size, out);
  } else {
    out.why = parse_memory(text, place, out);
  }
  if (out.kind == Operand::Kind::kUnreadable) out.base = out.index = Register::kNone;
  return out;
}

}  // namespace tripline::binary
