// SPDX-License-Identifier: Apache-2.0
// print_code of emit.h: instructions in the notation of the kernel's verifier log.
#include <linux/bpf.h>

#include <array>
#include <cstdio>
#include <map>
#include <string>

#include "emit/emit.h"

namespace tripline {
namespace {

std::string reg(uint8_t number, bool narrow = false) { return (narrow ? "w" : "r") + std::to_string(number); }

std::string hex(uint64_t number) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(number));
  return text.data();
}

std::string offset(int16_t number) {
  return number < 0 ? " - " + std::to_string(-number) : " + " + std::to_string(number);
}

const char* size_name(uint8_t code) {
  switch (BPF_SIZE(code)) {
    case BPF_B:
      return "u8";
    case BPF_H:
      return "u16";
    case BPF_W:
      return "u32";
    default:
      return "u64";
  }
}

const char* alu_symbol(uint8_t code) {
  switch (BPF_OP(code)) {
    case BPF_ADD:
      return "+=";
    case BPF_SUB:
      return "-=";
    case BPF_AND:
      return "&=";
    case BPF_OR:
      return "|=";
    case BPF_LSH:
      return "<<=";
    case BPF_RSH:
      return ">>=";
    default:
      return "=";
  }
}

const char* jump_symbol(uint8_t code) {
  switch (BPF_OP(code)) {
    case BPF_JEQ:
      return "==";
    case BPF_JNE:
      return "!=";
    case BPF_JLT:
      return "<";
    case BPF_JLE:
      return "<=";
    case BPF_JGT:
      return ">";
    case BPF_JGE:
      return ">=";
    default:
      return "&";
  }
}

// What one instruction does, without names of blocks and functions.
std::string text_of(const BpfInstruction& i, const std::string& symbol, const std::string& target) {
  const uint8_t dst = i.registers & 0xf;
  const uint8_t src = i.registers >> 4;
  const bool from_register = BPF_SRC(i.code) == BPF_X;
  switch (BPF_CLASS(i.code)) {
    case BPF_LDX:
      return reg(dst) + " = *(" + size_name(i.code) + " *)(" + reg(src) + offset(i.offset) + ")";
    case BPF_STX:
      return std::string("*(") + size_name(i.code) + " *)(" + reg(dst) + offset(i.offset) + ") = " + reg(src);
    case BPF_ST:
      return std::string("*(") + size_name(i.code) + " *)(" + reg(dst) + offset(i.offset) +
             ") = " + std::to_string(i.imm);
    case BPF_ALU:
      return reg(dst) + " = be64 " + reg(dst);
    case BPF_ALU64:
      return reg(dst) + " " + alu_symbol(i.code) + " " + (from_register ? reg(src) : std::to_string(i.imm));
    default:
      break;
  }
  if (BPF_OP(i.code) == BPF_EXIT) return "exit";
  if (BPF_OP(i.code) == BPF_CALL)
    return "call " + (symbol.empty() ? "helper " + std::to_string(i.imm) : symbol);
  if (BPF_OP(i.code) == BPF_JA) return "goto " + target;
  const bool narrow = BPF_CLASS(i.code) == BPF_JMP32;
  return "if " + reg(dst, narrow) + " " + jump_symbol(i.code) + " " +
         (from_register ? reg(src, narrow) : std::to_string(i.imm)) + " goto " + target;
}

}  // namespace

std::string print_code(const Code& code, const ir::Program& program) {
  std::map<uint32_t, std::string> block_at;
  for (size_t n = 0; n < code.blocks.size(); ++n)
    block_at.try_emplace(code.blocks[n], program.blocks[n].name);
  std::map<uint32_t, std::string> symbol_at;
  for (const Relocation& relocation : code.relocations) symbol_at[relocation.instruction] = relocation.symbol;
  for (const KernelCall& call : code.kernel_calls) symbol_at[call.instruction] = call.function;
  std::string out;
  for (uint32_t n = 0; n < code.instructions.size(); ++n) {
    const BpfInstruction& i = code.instructions[n];
    if (block_at.contains(n)) out += block_at[n] + ":\n";
    const std::string number = std::to_string(n);
    std::string line = "  " + std::string(number.size() < 4 ? 4 - number.size() : 0, ' ') + number + ": ";
    if (i.code == (BPF_LD | BPF_IMM | BPF_DW)) {
      const uint64_t value =
          static_cast<uint32_t>(i.imm) |
          (static_cast<uint64_t>(static_cast<uint32_t>(code.instructions[n + 1].imm)) << 32);
      line +=
          reg(i.registers & 0xf) + " = " + (symbol_at.contains(n) ? "&" + symbol_at[n] : hex(value)) + " ll";
    } else {
      const auto target = block_at.find(n + 1 + static_cast<uint32_t>(i.offset));
      line += text_of(i, symbol_at[n], target == block_at.end() ? "?" : target->second);
    }
    const ir::Line& from = code.lines[n];
    if (from.line != 0) {
      line.resize(std::max<size_t>(line.size() + 1, 52), ' ');
      line += "; " + program.documents[from.document] + ":" + std::to_string(from.line);
    }
    out += line + "\n";
    if (i.code == (BPF_LD | BPF_IMM | BPF_DW)) ++n;
  }
  return out;
}

}  // namespace tripline
