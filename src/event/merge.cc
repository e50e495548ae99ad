// SPDX-License-Identifier: Apache-2.0
#include "event/merge.h"

#include <algorithm>
#include <cstddef>
#include <span>

#include "abi/record.h"

namespace tripline {
namespace {

constexpr size_t kKept = 4096;  // records for which memory is kept from round to round

// 0 of one that is not whole.
uint64_t time_of(const RawRecord& record) {
  const auto head = read_layout<tl_record>(record.bytes, 0);
  return head ? head->time : 0;
}

bool is_exit(const RawRecord& record) {
  const auto head = read_layout<tl_record>(record.bytes, 0);
  return head && head->kind == TL_RECORD_EXIT;
}

uint64_t latest(std::span<const RawRecord> records) {
  uint64_t time = 0;
  for (const RawRecord& record : records) time = std::max(time, time_of(record));
  return time;
}

bool goes_first(const RawRecord& life, const RawRecord& policy) {
  const uint64_t life_time = time_of(life);
  const uint64_t policy_time = time_of(policy);
  return life_time != policy_time ? life_time < policy_time : !is_exit(life);
}

void forget(std::vector<RawRecord>& records, size_t count) {
  records.erase(records.begin(), records.begin() + static_cast<ptrdiff_t>(count));
  if (records.capacity() > kKept && records.size() <= kKept) records.shrink_to_fit();
}

}  // namespace

size_t RecordMerge::round(const Drain& life, const Drain& policy, const Take& take) {
  const size_t carried = life_.size();
  life(life_);
  const size_t early = life_.size();
  policy(policy_);
  life(life_);
  const size_t drained = life_.size() - carried + policy_.size();

  const uint64_t bound = std::max(latest(std::span(life_).first(early)), latest(policy_));
  size_t told = early;
  while (told < life_.size() && time_of(life_[told]) <= bound) ++told;
  size_t at = 0;
  for (const RawRecord& record : policy_) {
    while (at < told && goes_first(life_[at], record)) take(life_[at++], Lane::kLife);
    take(record, Lane::kPolicy);
  }
  while (at < told) take(life_[at++], Lane::kLife);
  forget(life_, told);
  forget(policy_, policy_.size());
  return drained;
}

}  // namespace tripline
