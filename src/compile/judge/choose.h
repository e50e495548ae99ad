// SPDX-License-Identifier: Apache-2.0
// Which sections can match at all, where a hook has many (D12). What many sections ask is answered once, as words with a
// bit for each section; runs of sections whose bits are all unset are passed over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compile/facts.h"
#include "compile/judge/judging.h"
#include "compile/scopes.h"
#include "compile/values.h"
#include "policy/scratch.h"

namespace tripline {

class Choice {
 public:
  Choice(const Judging& judging, const FactTable& facts, const ScopeTable& scopes);

  // Answers what is to be answered first. All values of all sections are in the slot.
  void decide();
  // To `none` when no section from `first` on and below `last` can match, else on. Writes nothing where that would cost
  // more than it saves.
  void test(size_t first, size_t last, Label none);

 private:
  // Words, by offset, and bits in them. Of a section: without any of them it cannot match.
  using Evidence = std::map<uint32_t, uint64_t>;
  // By section; absent where the question says nothing.
  using Answers = std::vector<std::optional<Evidence>>;
  struct Question {
    Answers answers;
    ir::Value base;  // of the words: the slot, or the caller's row
  };

  [[nodiscard]] Answers facts(const FactTable& table) const;
  [[nodiscard]] Answers scopes(const ScopeTable& table) const;
  [[nodiscard]] Answers paths();
  void test(const Question& question, size_t first, size_t last, Label none);

  const Judging& judging_;
  std::vector<Question> questions_;
  // The question which of so many paths it is.
  const CheckedArg* file_ = nullptr;
  std::map<std::string, std::vector<uint64_t>> sections_of_paths_;
};

}  // namespace tripline
