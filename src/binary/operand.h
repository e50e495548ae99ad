// SPDX-License-Identifier: Apache-2.0
// An argument of a USDT probe: the location of its value when the probe is hit, as the compiler chose it and
// sys/sdt.h recorded it, `-4@%edi` or `8@-16(%rbp)`. Only x86-64 in AT&T syntax; anything else, or a location that
// no program can read, is kUnreadable with the reason.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tripline::binary {

// In the order in which instructions number them.
enum class Register : uint8_t {
  kNone,
  kRax,
  kRcx,
  kRdx,
  kRbx,
  kRsp,
  kRbp,
  kRsi,
  kRdi,
  kR8,
  kR9,
  kR10,
  kR11,
  kR12,
  kR13,
  kR14,
  kR15,
  kRip,
};
// "rax"; "" for kNone.
[[nodiscard]] std::string_view register_name(Register which);

struct Operand {
  enum class Kind : uint8_t {
    kUnreadable,
    kRegister,  // the low `size` bytes of `base`, or with is_high_byte its second byte
    kMemory,    // `size` bytes at base + index * scale + displacement
    kConstant,
  };
  Kind kind = Kind::kUnreadable;
  uint8_t size = 8;  // bytes: 1, 2, 4 or 8; 0 when the note says another, which is unreadable
  bool is_signed = false;
  bool is_float = false;      // the bytes are a floating-point number
  bool is_high_byte = false;  // %ah, %bh, %ch, %dh
  Register base = Register::kNone;
  Register index = Register::kNone;
  uint8_t scale = 1;
  // Of kMemory. With kRip as base the address is relative to the probe: kRip is what the kernel says when it is hit.
  int64_t displacement = 0;
  int64_t constant = 0;  // cut to `size` and extended by its sign
  std::string text;      // as it stands in the file
  std::string why;       // it cannot be read: "needs the symbol x, which the file does not have"
};

// What an operand needs of the file that it is in.
struct OperandPlace {
  uint64_t probe = 0;     // the probe's address
  bool is_fixed = false;  // the file is always mapped at its own addresses
  std::function<std::optional<uint64_t>(std::string_view symbol)> address;
};

// The operands of a note's text, which are separated by blanks.
[[nodiscard]] std::vector<std::string_view> split_operands(std::string_view text);
// The symbol whose address an operand needs; "" when it needs none.
[[nodiscard]] std::string_view operand_symbol(std::string_view text);
[[nodiscard]] Operand parse_operand(std::string_view text, const OperandPlace& place);

}  // namespace tripline::binary
