// SPDX-License-Identifier: Apache-2.0
#include "event/halves.h"

#include <utility>
#include <vector>

#include "event/argument.h"
#include "event/payload.h"

namespace tripline {
namespace {

// Arguments that were to be read at the return.
void add_copies(std::vector<Argument>& args, const HookRecord& returned) {
  const Schema& schema = *returned.schema;
  for (size_t at = 0; at < returned.fields.size(); at++) {
    const Field& field = schema.fields[at];
    if (field.place != FieldPlace::kCopied || field.position >= args.size()) continue;
    std::vector<Argument> copied;
    append_arguments(copied, field, returned.fields[at], schema.kind);
    if (!copied.empty()) args[field.position] = std::move(copied.front());
  }
}

// What the return adds to the event of the entry.
void add_return(ProcessKprobe& kprobe, const HookRecord& returned) {
  Payload payload = payload_of(returned);
  if (auto* half = std::get_if<ProcessKprobe>(&payload)) {
    kprobe.returned = std::move(half->returned);
    for (Argument& data : half->data) kprobe.data.push_back(std::move(data));
  }
  kprobe.return_action = action_of(returned.schema->selectors[returned.selector].action);
  add_copies(kprobe.args, returned);
}

// What is returned stands behind the arguments.
void add_return(ProcessUprobe& uprobe, const HookRecord& returned) {
  add_copies(uprobe.args, returned);
  Payload payload = payload_of(returned);
  if (auto* half = std::get_if<ProcessUprobe>(&payload))
    for (Argument& each : half->args) uprobe.args.push_back(std::move(each));
}

// Of a record's values that have no fixed size; an event has about as much of them.
size_t bytes_of(const HookRecord& record) {
  size_t bytes = 0;
  for (const FieldValue& value : record.fields) bytes += value.bytes.size();
  return bytes;
}

}  // namespace

void Halves::enter(const HookRecord& entry, Event event) {
  const Key key{entry.schema->pair, entry.head.tid, entry.head.time};
  if (const auto old = places_.find(key); old != places_.end()) erase(old->second);
  const size_t bytes = bytes_of(entry);
  places_[key] = waiting_.insert(waiting_.end(), Entry{key, std::move(event), bytes});
  bytes_ += bytes;
  while (waiting_.size() > capacity_ || bytes_ > most_bytes_) {
    erase(waiting_.begin());
    evicted_++;
  }
}

void Halves::erase(std::list<Entry>::iterator entry) {
  bytes_ -= entry->bytes;
  places_.erase(entry->key);
  waiting_.erase(entry);
}

std::optional<Event> Halves::leave(const HookRecord& returned) {
  auto found = places_.find(Key{returned.schema->pair, returned.head.tid, returned.entry_time});
  if (found == places_.end()) {
    unmatched_++;
    return std::nullopt;
  }
  Event event = std::move(found->second->event);
  erase(found->second);
  if (auto* kprobe = std::get_if<ProcessKprobe>(&event.payload)) add_return(*kprobe, returned);
  if (auto* uprobe = std::get_if<ProcessUprobe>(&event.payload)) add_return(*uprobe, returned);
  return event;
}

}  // namespace tripline
