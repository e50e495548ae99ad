// SPDX-License-Identifier: Apache-2.0
#include "event/merge.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

namespace tripline {
namespace {

uint64_t time_of(const Record& record) { return head(record).time; }

uint64_t latest(std::span<const Record> records) {
  uint64_t time = 0;
  for (const Record& record : records) time = std::max(time, time_of(record));
  return time;
}

bool goes_first(const Record& life, const Record& policy) {
  if (time_of(life) != time_of(policy)) return time_of(life) < time_of(policy);
  return !std::holds_alternative<ExitRecord>(life);
}

void append(std::vector<Record>& to, std::span<Record> records) {
  to.insert(to.end(), std::make_move_iterator(records.begin()), std::make_move_iterator(records.end()));
}

}  // namespace

std::vector<Record> RecordMerge::round(std::vector<Record> life1, std::vector<Record> policy,
                                       std::vector<Record> life2) {
  std::vector<Record> life = std::exchange(carried_, {});
  append(life, life1);
  uint64_t bound = std::max(latest(life), latest(policy));
  auto late = std::ranges::find_if(life2, [&](const Record& record) { return time_of(record) > bound; });
  append(life, {life2.begin(), late});
  append(carried_, {late, life2.end()});

  std::vector<Record> merged;
  merged.reserve(life.size() + policy.size());
  auto next_life = life.begin();
  auto next_policy = policy.begin();
  while (next_life != life.end() && next_policy != policy.end())
    merged.push_back(std::move(goes_first(*next_life, *next_policy) ? *next_life++ : *next_policy++));
  append(merged, {next_life, life.end()});
  append(merged, {next_policy, policy.end()});
  return merged;
}

}  // namespace tripline
