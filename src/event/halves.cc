// SPDX-License-Identifier: Apache-2.0
#include "event/halves.h"

#include <utility>
#include <vector>

#include "event/argument.h"
#include "event/payload.h"

namespace tripline {
namespace {

// What the return adds to the event of the entry.
void add_return(ProcessKprobe& kprobe, const HookRecord& returned) {
  const Schema& schema = *returned.schema;
  Payload payload = payload_of(returned);
  if (auto* half = std::get_if<ProcessKprobe>(&payload)) {
    kprobe.returned = std::move(half->returned);
    for (Argument& data : half->data) kprobe.data.push_back(std::move(data));
  }
  kprobe.return_action = action_of(schema.selectors[returned.selector].action);
  for (size_t at = 0; at < returned.fields.size(); at++) {
    const Field& field = schema.fields[at];
    if (field.place != FieldPlace::kCopied || field.position >= kprobe.args.size()) continue;
    std::vector<Argument> copied;
    append_arguments(copied, field, returned.fields[at], schema.kind);
    if (!copied.empty()) kprobe.args[field.position] = std::move(copied.front());
  }
}

}  // namespace

void Halves::enter(const HookRecord& entry, Event event) {
  if (capacity_ == 0) return;
  Key key{entry.schema->pair, entry.head.tid, entry.head.time};
  auto [place, is_new] = places_.try_emplace(key);
  if (!is_new) waiting_.erase(place->second);
  place->second = waiting_.insert(waiting_.end(), Entry{key, std::move(event)});
  if (waiting_.size() <= capacity_) return;
  places_.erase(waiting_.front().key);
  waiting_.pop_front();
  evicted_++;
}

std::optional<Event> Halves::leave(const HookRecord& returned) {
  auto found = places_.find(Key{returned.schema->pair, returned.head.tid, returned.entry_time});
  if (found == places_.end()) {
    unmatched_++;
    return std::nullopt;
  }
  Event event = std::move(found->second->event);
  waiting_.erase(found->second);
  places_.erase(found);
  if (auto* kprobe = std::get_if<ProcessKprobe>(&event.payload)) add_return(*kprobe, returned);
  return event;
}

}  // namespace tripline
