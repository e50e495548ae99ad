// SPDX-License-Identifier: Apache-2.0
// Questions about a Program that every pass, verify and the emitter ask: what an instruction assigns and uses, where
// a block goes, which values can be addresses of scratch memory. All answers are read off the text; nothing is cached.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "ir/program.h"

namespace tripline::ir {

// The value an instruction assigns.
[[nodiscard]] std::optional<Value> assigned(const Op& op);

// The values it reads. A Binary reads its dst too.
[[nodiscard]] std::vector<Value> used(const Op& op);
[[nodiscard]] std::vector<Value> used(const End& end);

// The blocks a block can go to, each once.
[[nodiscard]] std::vector<uint32_t> targets(const End& end);

// Does the instruction nothing but assign its dst, the same content for the same inputs?
[[nodiscard]] bool pure(const Op& op);

// Does it shift? Then its operand, as a number, is from 0 to 63.
[[nodiscard]] bool shifts(BinaryOp op);

// A set of values of one program.
class ValueSet {
 public:
  explicit ValueSet(uint32_t values) : words_((values + 63) / 64) {}

  [[nodiscard]] bool has(Value value) const { return (words_[value.id / 64] >> (value.id % 64) & 1) != 0; }
  void add(Value value) { words_[value.id / 64] |= bit(value); }
  void remove(Value value) { words_[value.id / 64] &= ~bit(value); }
  void keep_common(const ValueSet& other) {
    for (size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
  }

 private:
  static uint64_t bit(Value value) { return uint64_t{1} << (value.id % 64); }

  std::vector<uint64_t> words_;
};

// By value id: can it be the address of scratch memory? False only for values that are, wherever they are assigned,
// arguments, loads through kernel pointers, the current task, numbers, or copies of such.
[[nodiscard]] std::vector<bool> scratch_values(const Program& program);

// Is it fit for the name of a block in the text form?
[[nodiscard]] bool is_block_name(std::string_view name);

}  // namespace tripline::ir
