// SPDX-License-Identifier: Apache-2.0
#include "event/data.h"

#include <utility>

namespace tripline {

void PendingData::add(const DataRecord& data) {
  const Key key{data.head.time, data.head.tid, data.schema, data.field};
  const auto [place, is_new] = places_.try_emplace(key);
  if (is_new) place->second = values_.insert(values_.end(), Value{key, data.offset, {}});
  Value& value = *place->second;
  if (data.offset != value.begin + value.bytes.size()) return;
  value.bytes += data.bytes;
  bytes_ += data.bytes.size();
  while (values_.size() > kMost || (bytes_ > kMostBytes && values_.size() > 1)) {
    bytes_ -= values_.front().bytes.size();
    places_.erase(values_.front().key);
    values_.pop_front();
    ++evicted_;
  }
}

void PendingData::complete(HookRecord& record) {
  if (values_.empty()) return;
  for (size_t at = 0; at < record.fields.size(); at++) {
    const Field& field = record.schema->fields[at];
    if (field.type != FieldType::kBytes) continue;
    const auto place = places_.find({record.head.time, record.head.tid, record.schema->id, field.offset});
    if (place == places_.end()) continue;
    const auto value = place->second;
    places_.erase(place);
    bytes_ -= value->bytes.size();
    if (value->begin == record.fields[at].bytes.size()) record.fields[at].bytes += value->bytes;
    values_.erase(value);
  }
}

}  // namespace tripline
