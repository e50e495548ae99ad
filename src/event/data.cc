// SPDX-License-Identifier: Apache-2.0
#include "event/data.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "abi/scratch.h"

namespace tripline {

void PendingData::add(const DataRecord& data) {
  const Key key{data.head.time, data.head.tid, data.schema, data.field};
  const auto [place, is_new] = places_.try_emplace(key);
  if (is_new) place->second = values_.insert(values_.end(), Value{key, data.offset, {}});
  Value& value = *place->second;
  if (data.offset != value.begin + value.bytes.size()) {
    ++counts_.bad;
    return;
  }
  ++(is_new ? counts_.added : counts_.appended);
  value.bytes += data.bytes;
  bytes_ += data.bytes.size();
  while (values_.size() > kMost || (bytes_ > kMostBytes && values_.size() > 1)) {
    bytes_ -= values_.front().bytes.size();
    places_.erase(values_.front().key);
    values_.pop_front();
    ++counts_.evicted;
  }
}

std::string PendingData::take(const Key& key, size_t size) {
  const auto place = places_.find(key);
  if (place == places_.end()) return {};
  const auto value = place->second;
  places_.erase(place);
  std::string bytes = std::move(value->bytes);
  bytes_ -= bytes.size();
  if (value->begin != size) bytes.clear();
  values_.erase(value);
  return bytes;
}

DataCounts PendingData::counts() const {
  DataCounts out = counts_;
  out.waiting = values_.size();
  return out;
}

size_t PendingData::complete(HookRecord& record) {
  size_t cut = 0;
  for (size_t at = 0; at < record.fields.size(); at++) {
    const Field& field = record.schema->fields[at];
    if (field.extent != Extent::kAll) continue;
    const auto* value = std::get_if<tl_bytes>(&record.fields[at].fixed);
    if (value == nullptr) continue;
    std::string_view& bytes = record.fields[at].bytes;
    const std::string more =
        take({record.head.time, record.head.tid, record.schema->id, field.offset}, bytes.size());
    if (!more.empty()) {
      bytes = record.whole.emplace_front(std::string(bytes) + more);
      ++counts_.matched;
    }
    if (bytes.size() < std::min<uint64_t>(value->whole, TL_DATA_MAX)) ++cut;
  }
  counts_.not_matched += cut;
  return cut;
}

}  // namespace tripline
