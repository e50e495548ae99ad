// SPDX-License-Identifier: Apache-2.0
// How the generated functions decide: the programs of bpf/hook/facts.bpf.c put the path of an image, or the ids of a
// process, into a slot and call one. It leaves in the slot's record which clauses hold, a bit each. Clauses on whole
// paths, however many, are one decision (condition/whole.h); prefixes and postfixes are tested one after the other, each
// text once; so are sets of ids.
#include "compile/facts.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "abi/facts.h"
#include "abi/scratch.h"
#include "compile/builder.h"
#include "compile/condition/integers.h"
#include "compile/condition/paths.h"
#include "compile/condition/whole.h"

namespace tripline {
namespace {

using enum ir::Compare;
using ir::Callee;
using ir::Value;
using ir::Width;
using Kind = FactClause::Kind;

constexpr auto kWord = static_cast<uint32_t>(sizeof(uint64_t));

bool follows(const FactClause& clause) { return clause.kind >= Kind::kFollowBinary; }
bool is_whole(const FactClause& clause) {
  return clause.kind == Kind::kEqual || clause.kind == Kind::kFollowBinary;
}
bool is_of_pids(const FactClause& clause) {
  return clause.kind == Kind::kFollowPid || clause.kind == Kind::kFollowNamespacePid;
}

uint32_t words_for(size_t clauses) {
  return std::max(1U, static_cast<uint32_t>((clauses + TL_FACT_CLAUSES - 1) / TL_FACT_CLAUSES));
}

// Writes the generated functions: they work on a slot, in which the path of an image has been built, and whose record
// is their result (enum tl_fact_result).
class Writer {
 public:
  Writer(Builder& builder, const FactTable& table) : builder_(builder), table_(table) {}

  // tl_fact_image.
  void image() {
    open();
    masks();
    const Value start = builder_.load(slot_, kFrom, Width::k4, "start");
    const Label out = builder_.label("out");
    builder_.branch_if(kGreaterEqual, Width::k8, start, int64_t{TL_PATH_END}, out);
    whole(start);
    parts(start);
    builder_.place(out);
    builder_.finish_block();
  }

  // tl_fact_pids.
  void pids() {
    open();
    for (uint32_t word = 0; word < table_.words; ++word) store(TL_RESULT_HOLDS, word, 0);
    for (const auto& [clause, number] : table_.clauses) {
      if (!is_of_pids(clause)) continue;
      IntSet set{.bits = 32, .ranges = {}};
      for (const uint32_t pid : clause.pids) set.add({.bits = 32, .ranges = {{pid, pid}}});
      const uint32_t which = clause.kind == Kind::kFollowNamespacePid ? 1 : 0;
      const Value pid = builder_.load(slot_, result(TL_RESULT_COUNT, 0) + which * kWord, Width::k4, "pid");
      const Label yes = builder_.label("yes");
      const Label no = builder_.label("no");
      test_set(builder_, set, pid, yes, no);
      builder_.place(yes);
      add(bits_of({clause}));
      builder_.place(no);
    }
    builder_.finish_block();
  }

 private:
  static constexpr uint32_t kFrom = offsetof(tl_slot, value) + offsetof(tl_value, from);

  void open() {
    slot_ = builder_.value();
    builder_.call(slot_, Callee::tl_fact_slot, {});
    buffer_ = builder_.copy(slot_);
    builder_.add(ir::Binary{ir::BinaryOp::kAdd, buffer_, int64_t{offsetof(tl_slot, buffer)}});
  }

  [[nodiscard]] uint32_t result(uint32_t which, uint32_t word) const {
    return static_cast<uint32_t>(offsetof(tl_slot, record)) + (which * table_.words + word) * kWord;
  }
  void store(uint32_t which, uint32_t word, uint64_t bits) {
    builder_.add(
        ir::Store{slot_, static_cast<int32_t>(result(which, word)), Width::k8, static_cast<int64_t>(bits)});
  }

  [[nodiscard]] Bits bits_of(const std::vector<FactClause>& clauses) const {
    Bits bits(table_.words);
    for (const FactClause& clause : clauses) {
      const FactTable::Place place = table_.place(clause);
      bits[place.word] |= place.bit;
    }
    return bits;
  }

  void add(const Bits& bits) {
    for (uint32_t word = 0; word < table_.words; ++word) {
      if (bits[word] == 0) continue;
      const uint32_t at = result(TL_RESULT_HOLDS, word);
      const Value sum = builder_.load(slot_, at, Width::k8, "holds");
      builder_.add(ir::Binary{ir::BinaryOp::kOr, sum, static_cast<int64_t>(bits[word])});
      builder_.add(ir::Store{slot_, static_cast<int32_t>(at), Width::k8, sum});
    }
  }

  void masks() {
    Bits all(table_.words);
    Bits fresh(table_.words);
    Bits following(table_.words);
    for (const auto& [clause, number] : table_.clauses) {
      const FactTable::Place place = table_.place(clause);
      all[place.word] |= place.bit;
      if (number >= table_.first_new) fresh[place.word] |= place.bit;
      if (follows(clause)) following[place.word] |= place.bit;
    }
    for (uint32_t word = 0; word < table_.words; ++word) {
      store(TL_RESULT_HOLDS, word, 0);
      store(TL_RESULT_CLAUSES, word, all[word]);
      store(TL_RESULT_NEW, word, fresh[word]);
      store(TL_RESULT_FOLLOWS, word, following[word]);
    }
  }

  void whole(Value start) {
    BitsOfPaths all;
    for (const auto& [clause, number] : table_.clauses) {
      if (!is_whole(clause)) continue;
      const FactTable::Place place = table_.place(clause);
      for (const std::string& path : clause.paths)
        all.try_emplace(path, table_.words).first->second[place.word] |= place.bit;
    }
    decide_whole(builder_, buffer_, start, all, Whole::kExact, [&](const Bits& bits) { add(bits); });
  }

  void parts(Value start) {
    std::map<std::pair<PathFilter::Op, std::string>, Bits> tests;
    for (const auto& [clause, number] : table_.clauses) {
      if (is_whole(clause) || is_of_pids(clause)) continue;
      const auto op = clause.kind == Kind::kPrefix ? PathFilter::Op::kPrefix : PathFilter::Op::kPostfix;
      const FactTable::Place place = table_.place(clause);
      for (const std::string& path : clause.paths) {
        Bits& bits = tests.try_emplace({op, path}, table_.words).first->second;
        bits[place.word] |= place.bit;
      }
    }
    for (const auto& [test, bits] : tests) {
      const Label no = builder_.label("no");
      test_path(builder_, {.op = test.first, .values = {test.second}}, slot_, {.result = start}, no);
      add(bits);
      builder_.place(no);
    }
  }

  Builder& builder_;
  const FactTable& table_;
  Value slot_;
  Value buffer_;
};

void add_needs(const Filter& filter, std::set<FactClause>& known, FactNeeds& needs) {
  const auto* fact = std::get_if<FactFilter>(&filter);
  if (fact != nullptr && known.insert(fact->clause).second) needs.clauses.push_back(fact->clause);
  if (std::holds_alternative<ChangeFilter>(filter)) needs.recorded = true;
}

ir::Program shape_of(const FactTable& table) {
  Builder builder("process facts: shape", ir::Entry::kRecord, {});
  int64_t shape = table.words | int64_t{table.version} << TL_SHAPE_VERSION_AT;
  if (table.recorded) shape |= TL_SHAPE_RECORDED;
  if (std::ranges::any_of(table.clauses, [](const auto& entry) { return is_of_pids(entry.first); }))
    shape |= TL_SHAPE_PIDS;
  builder.finish_block(shape);
  return builder.finish();
}

}  // namespace

FactNeeds facts_of(std::span<const HookPlan> plans) {
  FactNeeds needs;
  std::set<FactClause> known;
  for (const HookPlan& plan : plans) {
    for (const HookSection& section : plan.sections) {
      for (const CheckedSelector& selector : section.section().selectors) {
        for (const Filter& filter : selector.filters) add_needs(filter, known, needs);
      }
    }
  }
  return needs;
}

FactTable::Place FactTable::place(const FactClause& clause) const {
  const uint32_t number = clauses.at(clause);
  return {number / TL_FACT_CLAUSES, uint64_t{1} << (TL_FACT_FIRST + number % TL_FACT_CLAUSES)};
}

bool FactTable::covers(const FactNeeds& needs) const {
  return (recorded || !needs.recorded) &&
         std::ranges::all_of(needs.clauses, [&](const FactClause& each) { return clauses.contains(each); });
}

uint32_t FactTable::recorded_offset() const {
  return static_cast<uint32_t>(sizeof(tl_facts)) + 2 * words * kWord;
}

uint32_t FactTable::entry_size() const {
  return recorded_offset() + (recorded ? static_cast<uint32_t>(sizeof(tl_recorded)) : 0);
}

FactTable fact_table(const FactNeeds& needs) {
  FactTable table;
  // With room for half as many more.
  table.words = words_for(needs.clauses.size() + needs.clauses.size() / 2);
  table.recorded = needs.recorded;
  for (const FactClause& clause : needs.clauses)
    table.clauses.emplace(clause, static_cast<uint32_t>(table.clauses.size()));
  return table;
}

std::optional<FactTable> extended(const FactTable& table, const FactNeeds& needs) {
  FactTable out = table;
  if (needs.recorded && !table.recorded) return std::nullopt;
  out.first_new = static_cast<uint32_t>(table.clauses.size());
  for (const FactClause& clause : needs.clauses)
    out.clauses.emplace(clause, static_cast<uint32_t>(out.clauses.size()));
  if (words_for(out.clauses.size()) > out.words) return std::nullopt;
  return out;
}

Numbering with_facts(const Numbering& numbering, const HookPlan& plan) {
  Numbering out = numbering;
  if (!out.facts) out.facts = std::make_shared<FactTable>(fact_table(facts_of({&plan, 1})));
  return out;
}

FactPrograms lower_facts(const FactTable& table) {
  FactPrograms out;
  out.shape = shape_of(table);
  Builder image("process facts: image", ir::Entry::kRecord, {});
  Writer(image, table).image();
  out.image = image.finish();
  Builder pids("process facts: ids", ir::Entry::kRecord, {});
  Writer(pids, table).pids();
  out.pids = pids.finish();
  return out;
}

}  // namespace tripline
