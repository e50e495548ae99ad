// SPDX-License-Identifier: Apache-2.0
// Paths are looked up once, for each kind of event: what is left for an event is to find its fields in short lists.
#include "filter/field_filter.h"

#include <algorithm>
#include <string_view>

#include "base/diagnostics.h"
#include "tetragon/events.pb.h"

namespace tripline {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr const char* kEventOneof = "event";

const google::protobuf::OneofDescriptor& events() {
  return *tetragon::GetEventsResponse::descriptor()->FindOneofByName(kEventOneof);
}

const FieldDescriptor* find_field(const Descriptor& message, const std::string& name) {
  const FieldDescriptor* field = message.FindFieldByName(name);
  return field != nullptr ? field : message.FindFieldByCamelcaseName(name);
}

std::vector<std::string> split_path(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const size_t end = std::min(text.find('.'), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace

// What is left of a path inside a message.
struct FieldFilters::Path {
  std::vector<std::string> names;
  size_t at = 0;
  [[nodiscard]] bool over() const { return at == names.size(); }
  [[nodiscard]] std::string rest() const {
    std::string out = names[at];
    for (size_t next = at + 1; next < names.size(); next++) out += '.' + names[next];
    return out;
  }
};

FieldFilters::FieldFilters(const tetragon::GetEventsRequest& request) {
  for (const tetragon::FieldFilter& filter : request.field_filters()) add(filter);
  make_cuts();
}

void FieldFilters::add(const tetragon::FieldFilter& filter) {
  std::vector<Path> paths;
  for (const std::string& text : filter.fields().paths()) {
    Path path{split_path(text)};
    if (path.over()) continue;
    note_unknown(path);
    paths.push_back(std::move(path));
  }
  if (paths.empty()) return;
  Filter out{.include = filter.action() == tetragon::INCLUDE};
  const bool inverted = filter.invert_event_set().value();
  const auto& types = filter.event_set();
  for (int at = 0; at < events().field_count(); at++) {
    const FieldDescriptor& event = *events().field(at);
    const bool named = types.empty() || std::ranges::find(types, event.number()) != types.end();
    // Without a set there is nothing to invert.
    if (named == (inverted && !types.empty())) continue;
    out.masks[event.number()] = mask_of(paths, *event.message_type());
  }
  if (!out.masks.empty()) filters_.push_back(std::move(out));
}

FieldFilters::Mask FieldFilters::mask_of(const std::vector<Path>& paths, const Descriptor& message) {
  Mask out;
  std::map<const FieldDescriptor*, std::vector<Path>> below;
  for (Path path : paths) {
    const FieldDescriptor* field = find_field(message, path.names[path.at++]);
    if (field == nullptr) continue;
    if (path.over())
      out.whole.push_back(field);
    else
      below[field].push_back(std::move(path));
  }
  for (auto& [field, rest] : below) {
    if (std::ranges::find(out.whole, field) != out.whole.end()) continue;
    Mask part;
    if (field->is_map()) {
      for (const Path& path : rest) part.keys.push_back(path.rest());
    } else if (field->message_type() != nullptr) {
      part = mask_of(rest, *field->message_type());
    }
    out.parts.push_back({field, std::move(part)});
  }
  return out;
}

void FieldFilters::change(const Mask& mask, bool include, Message& message) {
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> set;
  reflection.ListFields(message, &set);
  for (const FieldDescriptor* field : set) {
    const bool whole = std::ranges::find(mask.whole, field) != mask.whole.end();
    const auto part = std::ranges::find(mask.parts, field, &Part::field);
    if (whole || part == mask.parts.end()) {
      if (whole != include) reflection.ClearField(&message, field);
    } else if (field->is_map()) {
      change_map(part->mask, include, message, *field);
    } else if (field->message_type() == nullptr) {
      continue;  // nothing is below a number or a text
    } else if (field->is_repeated()) {
      for (int at = 0; at < reflection.FieldSize(message, field); at++)
        change(part->mask, include, *reflection.MutableRepeatedMessage(&message, field, at));
    } else {
      change(part->mask, include, *reflection.MutableMessage(&message, field));
    }
  }
}

void FieldFilters::change_map(const Mask& mask, bool include, Message& message,
                              const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  const FieldDescriptor* key = field.message_type()->map_key();
  if (key->cpp_type() != FieldDescriptor::CPPTYPE_STRING) return;
  // Entries have no order: the last takes the place of one that goes.
  for (int at = reflection.FieldSize(message, &field) - 1; at >= 0; at--) {
    const Message& entry = reflection.GetRepeatedMessage(message, &field, at);
    const std::string name = entry.GetReflection()->GetString(entry, key);
    const bool named = std::ranges::find(mask.keys, name) != mask.keys.end();
    if (named == include) continue;
    reflection.SwapElements(&message, &field, at, reflection.FieldSize(message, &field) - 1);
    reflection.RemoveLast(&message, &field);
  }
}

void FieldFilters::apply(tetragon::GetEventsResponse& message) const {
  for (const Filter& filter : filters_) {
    const auto mask = filter.masks.find(message.event_case());
    if (mask == filter.masks.end()) continue;
    const FieldDescriptor* event = events().containing_type()->FindFieldByNumber(mask->first);
    change(mask->second, filter.include, *message.GetReflection()->MutableMessage(&message, event));
  }
}

void FieldFilters::note_unknown(const Path& path) {
  if (unknown_.size() == kMostUnknown) return;
  // The kinds of event that have the longest beginning of it.
  std::vector<const Descriptor*> places;
  for (int at = 0; at < events().field_count(); at++) places.push_back(events().field(at)->message_type());
  std::string known;
  for (const std::string& name : path.names) {
    std::vector<const Descriptor*> next;
    bool found = false;
    for (const Descriptor* place : places) {
      const FieldDescriptor* field = find_field(*place, name);
      if (field == nullptr) continue;
      if (field->is_map()) return;
      found = true;
      if (field->message_type() != nullptr) next.push_back(field->message_type());
    }
    if (!found) {
      std::vector<std::string_view> candidates;
      for (const Descriptor* place : places)
        for (int at = 0; at < place->field_count(); at++) candidates.push_back(place->field(at)->name());
      const std::string near = nearest(name, candidates);
      unknown_.push_back(known + name + (near.empty() ? "" : ", did you mean " + known + near + "?"));
      return;
    }
    known += name + '.';
    places = std::move(next);
  }
}

}  // namespace tripline
