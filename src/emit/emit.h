// SPDX-License-Identifier: Apache-2.0
// From Program to BPF instructions, directly: no compiler is involved. Registers are allocated by linear scan, which
// is exact enough because control only goes forward: a value's life is one interval of instruction numbers. Values
// without a register live on the stack. Calls to the library and the control block stay as relocations for the
// linker.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "ir/program.h"
#include "object/object.h"

namespace tripline {

// One BPF instruction as the kernel has it (struct bpf_insn), 8 bytes.
struct BpfInstruction {
  uint8_t code = 0;
  uint8_t registers = 0;  // dst in the low half, src in the high half
  int16_t offset = 0;
  int32_t imm = 0;
  bool operator==(const BpfInstruction&) const = default;
};
static_assert(sizeof(BpfInstruction) == 8);

// A place the linker fills in.
struct Relocation {
  uint32_t instruction = 0;
  std::string symbol;
  bool is_call = false;  // R_BPF_64_32, else R_BPF_64_64
};

struct Code {
  std::vector<BpfInstruction> instructions;
  std::vector<Relocation> relocations;
  std::vector<KernelCall> kernel_calls;
  std::vector<ir::Line> lines;   // one for each instruction
  std::vector<uint32_t> blocks;  // first instruction of each block of the program
  uint32_t stack = 0;            // bytes used
};

// Jumps that are longer than BPF's 16 bits go by way of others. Fails when a block is too long for that, or when the
// values do not fit registers and stack.
[[nodiscard]] Result<Code> emit(const ir::Program& program);

// The listing: one line an instruction, in the kernel's own notation, with block names and policy lines.
[[nodiscard]] std::string print_code(const Code& code, const ir::Program& program);

}  // namespace tripline
