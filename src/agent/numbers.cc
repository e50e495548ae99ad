// SPDX-License-Identifier: Apache-2.0
#include "agent/numbers.h"

#include <algorithm>

#include "abi/maps.h"

namespace tripline {

std::optional<uint32_t> Numbers::take(uint32_t count) {
  const auto size = static_cast<uint32_t>(used_.size());
  if (count > size) return {};
  uint32_t free = 0;  // neighbours found free so far
  // Twice around less one: a run can begin just before where the search began.
  for (uint32_t step = 0; step < size + count; ++step) {
    const uint32_t at = (next_ + step) % size;
    if (at == 0) free = 0;  // runs do not wrap
    free = used_[at] ? 0 : free + 1;
    if (free < count) continue;
    const uint32_t first = at + 1 - count;
    std::fill_n(used_.begin() + first, count, true);
    next_ = (at + 1) % size;
    return first;
  }
  return {};
}

void Numbers::put(uint32_t first, uint32_t count) { std::fill_n(used_.begin() + first, count, false); }

void Numbers::retake(uint32_t first, uint32_t count) { std::fill_n(used_.begin() + first, count, true); }

uint32_t Numbers::taken() const { return static_cast<uint32_t>(std::ranges::count(used_, true)); }

Book::Book(uint32_t counters_at_most)
    : slots(TL_PROGRAMS_MAX), counters(counters_at_most), modes(TL_POLICIES_MAX) {}

Result<Claim> make_claim(Book& book, const HookPlan& plan, std::vector<uint32_t> modes, uint32_t born) {
  Claim claim;
  claim.counters = counters_of(plan);
  const auto slot = book.slots.take(1);
  if (!slot) return fail("load program for", short_name(plan.target), 0, "too many programs at once");
  const auto counter = book.counters.take(claim.counters);
  if (!counter) {
    book.slots.put(*slot, 1);
    return fail("load program for", short_name(plan.target), 0, "too many selectors at once");
  }
  claim.numbers = {.slot = *slot,
                   .born = born,
                   .first_schema = book.next_schema,
                   .first_counter = *counter,
                   .pairs = {},
                   .modes = std::move(modes),
                   .facts = {}};
  for (const HookSection& section : plan.sections) {
    const auto [pair, is_new] = book.pairs.try_emplace({section.id, section.hook}, book.next_pair);
    if (is_new) book.next_pair += schemas_of_section(plan);
    claim.numbers.pairs.push_back(pair->second);
  }
  book.next_schema += static_cast<uint32_t>(plan.sections.size()) * schemas_of_section(plan);
  return claim;
}

void drop_claim(Book& book, const Claim& claim) {
  book.slots.put(claim.numbers.slot, 1);
  book.counters.put(claim.numbers.first_counter, claim.counters);
}

}  // namespace tripline
