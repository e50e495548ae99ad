// SPDX-License-Identifier: Apache-2.0
// How sections are ruled out: a question that a section must answer with yes is a set of bits, of which the section needs
// one. For process facts those are the bits of its clauses, which are in the slot already, for scopes the one of its policy. For whole paths a decision
// over all of them (condition/whole.h) sets the bits of the sections that name the path at hand; as most paths are named
// by one section or none, hardly any bit is set. The judge then halves the list of sections again and again, and leaves
// out a half when some question has no bit set for any of its sections. Sections stand in the order of their bits, so
// that a word speaks for dozens of them; where they do not, asking costs more than it saves, and is left out.
#include "compile/judge/choose.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "abi/scratch.h"
#include "compile/condition/process.h"
#include "compile/condition/whole.h"

namespace tripline {
namespace {

using enum ir::Compare;
using ir::Value;
using ir::Width;

// Instructions, as in prices.cc.
constexpr size_t kWordTest = 4;   // a load, its mask, the jump
constexpr size_t kSection = 6;    // the least a section takes to find that it does not match
constexpr size_t kDecision = 40;  // which path is it?

constexpr uint32_t word_offset(uint32_t word) {
  return static_cast<uint32_t>(offsetof(tl_slot, chosen) + word * sizeof(uint64_t));
}

// The filters of a selector that `wanted` is about; null when there is none.
template <typename F, typename Wanted>
const F* filter_of(const CheckedSelector& selector, Wanted wanted) {
  for (const Filter& filter : selector.filters) {
    const auto* found = std::get_if<F>(&filter);
    if (found != nullptr && wanted(*found)) return found;
  }
  return nullptr;
}

}  // namespace

Choice::Choice(const Judging& judging, const FactTable& facts_table, const ScopeTable& scope_table)
    : judging_(judging) {
  questions_.push_back({scopes(scope_table), judging.row});
  questions_.push_back({facts(facts_table), judging.slot});
  questions_.push_back({paths(), judging.slot});
}

Choice::Answers Choice::scopes(const ScopeTable& table) const {
  Answers out(judging_.plan.sections.size());
  for (size_t n = 0; n < out.size(); ++n) {
    const std::optional<Scope>& scope = judging_.policy(n).scope;
    if (!scope) continue;
    const ScopeTable::Place place = table.place(*scope);
    out[n] = Evidence{{static_cast<uint32_t>(place.word * sizeof(uint64_t)), place.bit}};
  }
  return out;
}

Choice::Answers Choice::facts(const FactTable& table) const {
  Answers out(judging_.plan.sections.size());
  for (size_t n = 0; n < out.size(); ++n) {
    Evidence bits;
    for (const CheckedSelector& selector : judging_.hook(n).selectors) {
      // A parent that was not recorded is no reason to refuse.
      const auto* fact = filter_of<FactFilter>(
          selector, [](const FactFilter& filter) { return !filter.negated && !filter.parent; });
      if (fact == nullptr) {
        bits.clear();
        break;
      }
      const FactTable::Place place = place_of(table, *fact);
      bits[static_cast<uint32_t>(offsetof(tl_slot, facts) + place.word * sizeof(uint64_t))] |= place.bit;
    }
    if (!bits.empty()) out[n] = std::move(bits);
  }
  return out;
}

// Of one file, the one that the first of such sections looks at.
Choice::Answers Choice::paths() {
  Answers out(judging_.plan.sections.size());
  const size_t sections_of_bit = out.size() / (TL_CHOSEN * 64) + 1;
  const auto words = static_cast<uint32_t>(out.size() / sections_of_bit / 64 + 1);
  size_t named = 0;
  for (size_t n = 0; n < out.size(); ++n) {
    const CheckedHook& hook = judging_.hook(n);
    std::vector<const PathFilter*> found;
    for (const CheckedSelector& selector : hook.selectors) {
      found.push_back(filter_of<PathFilter>(selector, [&](const PathFilter& filter) {
        return filter.op == TextOp::kEqual &&
               (file_ == nullptr || key_of(hook.args[filter.arg]) == key_of(*file_));
      }));
      if (found.back() == nullptr) break;
      if (file_ == nullptr) file_ = &hook.args[found.back()->arg];
    }
    if (found.back() == nullptr) continue;
    const auto bit = static_cast<uint32_t>(n / sections_of_bit);
    for (const PathFilter* filter : found) {
      for (const std::string& path : filter->values)
        sections_of_paths_.try_emplace(path, words).first->second[bit / 64] |= uint64_t{1} << bit % 64;
    }
    out[n] = Evidence{{word_offset(bit / 64), uint64_t{1} << bit % 64}};
    ++named;
  }
  if (named * kSection > kDecision + words) return out;
  sections_of_paths_.clear();
  return Answers(out.size());
}

void Choice::decide() {
  if (sections_of_paths_.empty()) return;
  Builder& builder = judging_.builder;
  const auto store = [&](uint32_t word, uint64_t bits) {
    builder.add(ir::Store{judging_.slot, static_cast<int32_t>(word_offset(word)), Width::k8,
                          static_cast<int64_t>(bits)});
  };
  for (uint32_t word = 0; word < sections_of_paths_.begin()->second.size(); ++word) store(word, 0);
  const Held& path = judging_.values.held(*file_);
  // Of its own, and masked, though no bit is lost (test_path()).
  const Value start = builder.copy(path.result);
  builder.add(ir::Binary{ir::BinaryOp::kAnd, start, int64_t{TL_PATH_START | TL_PATH_UNRESOLVED}});
  const Value buffer = builder.copy(judging_.slot);
  builder.add(ir::Binary{ir::BinaryOp::kAdd, buffer, int64_t{path.buffer_offset()}});
  decide_whole(builder, buffer, start, sections_of_paths_, Whole::kByEnd, [&](const Bits& bits) {
    for (uint32_t word = 0; word < bits.size(); ++word) {
      if (bits[word] != 0) store(word, bits[word]);
    }
  });
}

void Choice::test(size_t first, size_t last, Label none) {
  for (const Question& question : questions_) test(question, first, last, none);
}

void Choice::test(const Question& question, size_t first, size_t last, Label none) {
  Evidence bits;
  for (size_t n = first; n < last; ++n) {
    if (!question.answers[n]) return;
    for (const auto& [word, mask] : *question.answers[n]) bits[word] |= mask;
  }
  if (bits.size() * kWordTest >= (last - first) * kSection) return;
  Builder& builder = judging_.builder;
  const Label some = builder.label("some");
  for (const auto& [word, mask] : bits) {
    const Value answer = builder.load(question.base, word, Width::k8, "sections");
    builder.branch_if(kTestBits, Width::k8, answer, static_cast<int64_t>(mask), some);
  }
  builder.jump(none);
  builder.place(some);
}

}  // namespace tripline
