// SPDX-License-Identifier: Apache-2.0
#include "binary/instruction.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace tripline::binary {
namespace {

constexpr uint8_t kOperandSize = 0x66;
constexpr uint8_t kLock = 0xf0;
constexpr uint8_t kEscape = 0x0f;  // a second byte of the opcode follows
constexpr uint8_t kRex2 = 0xd5;    // the kernel knows it from 6.11 on

// In the order of their bytes: ES, CS, SS, DS, FS, GS, sizes of operand and address, LOCK, REPNE, REP.
constexpr auto kPrefixes =
    std::to_array<uint8_t>({0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, kOperandSize, 0x67, kLock, 0xf2, 0xf3});
// Those that mean nothing in 64-bit mode, and yet are refused.
constexpr auto kSegments = std::to_array<uint8_t>({0x26, 0x2e, 0x36, 0x3e});
// The kernel keeps so many different ones; what follows is the opcode.
constexpr size_t kMostPrefixes = 4;

// First bytes of opcodes that are refused (good_insns_64 of arch/x86/kernel/uprobes.c).
struct Range {
  uint8_t first, last;
};
constexpr auto kRefused = std::to_array<Range>({
    {0x06, 0x07}, {0x0e, 0x0e}, {0x16, 0x17}, {0x1e, 0x1f}, {0x27, 0x27}, {0x2f, 0x2f}, {0x37, 0x37},
    {0x3f, 0x3f}, {0x60, 0x62}, {0x6c, 0x6f}, {0x82, 0x82}, {0x9a, 0x9a}, {0xcc, 0xcf}, {0xd4, 0xd6},
    {0xe4, 0xe7}, {0xea, 0xea}, {0xec, 0xef}, {0xf1, 0xf1}, {0xf4, 0xf4}, {0xfa, 0xfb},
});

class Reader {
 public:
  explicit Reader(std::string_view code) : code_(code.substr(0, kLongestInstruction)) {}

  // 0 behind the end.
  [[nodiscard]] uint8_t next() const { return at_ < code_.size() ? static_cast<uint8_t>(code_[at_]) : 0; }
  uint8_t take() {
    const uint8_t out = next();
    ++at_;
    return out;
  }
  void skip(size_t bytes) { at_ += bytes; }

 private:
  std::string_view code_;
  size_t at_ = 0;
};

template <size_t N>
bool among(const std::array<uint8_t, N>& all, uint8_t byte) {
  return std::ranges::find(all, byte) != all.end();
}

struct Prefixes {
  std::array<uint8_t, kMostPrefixes> bytes = {};
  size_t count = 0;
  [[nodiscard]] bool has(uint8_t byte) const {
    return std::find(bytes.begin(), bytes.begin() + count, byte) != bytes.begin() + count;
  }
};

Prefixes take_prefixes(Reader& reader) {
  Prefixes out;
  while (among(kPrefixes, reader.next())) {
    if (!out.has(reader.next())) {
      if (out.count == kMostPrefixes) break;
      out.bytes[out.count++] = reader.next();
    }
    reader.skip(1);
  }
  if ((reader.next() & 0xf0) == 0x40) reader.skip(1);  // REX
  return out;
}

// Of VEX and EVEX the opcode is what follows: the kernel compares it with those that have none.
bool skip_vex(Reader& reader) {
  const size_t length = reader.next() == 0xc5 ? 2 : reader.next() == 0xc4 ? 3 : reader.next() == 0x62 ? 4 : 0;
  reader.skip(length);
  return length > 0;
}

bool is_relative_jump(uint8_t opcode) {
  return opcode == 0xe8 || opcode == 0xe9 || opcode == 0xeb || (opcode & 0xf0) == 0x70;
}

}  // namespace

std::string_view why_no_probe(std::string_view code) {
  if (code.empty()) return {};
  Reader reader(code);
  const Prefixes prefixes = take_prefixes(reader);
  if (prefixes.has(kLock)) return "it has the prefix LOCK";
  if (std::ranges::any_of(kSegments, [&](uint8_t each) { return prefixes.has(each); }))
    return "it has a prefix of the segments ES, CS, SS or DS";
  const bool is_vector = skip_vex(reader);
  const uint8_t opcode = reader.take();
  if (opcode == kRex2 && !is_vector) return {};
  const bool refused = std::ranges::any_of(
      kRefused, [&](const Range& range) { return opcode >= range.first && opcode <= range.last; });
  if (refused && is_vector) return "the kernel does not support this vector instruction";
  if (refused && opcode == 0xcc) return "it is a breakpoint";
  if (refused) return "programs cannot execute this instruction, or the kernel does not support it";
  const uint8_t operand = reader.next();
  if (opcode == 0x8e && ((operand >> 3) & 7) == 2) return "it sets the register SS";
  const bool jumps = is_relative_jump(opcode) || (opcode == kEscape && (operand & 0xf0) == 0x80);
  if (jumps && prefixes.has(kOperandSize)) return "it is a jump or call with a prefix of the operand's size";
  return {};
}

}  // namespace tripline::binary
