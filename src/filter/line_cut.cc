// SPDX-License-Identifier: Apache-2.0
// Field filters on our own lines of JSON: members are cut out where they stand, in one pass. What all filters together
// leave of a kind of event is worked out once.
//
// The lines are ours, so nothing is checked: names of members have no escapes except in maps, nothing stands between
// tokens, and a member is there exactly when the field of the message is set.
#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

#include "base/json_scan.h"
#include "filter/field_filter.h"
#include "tetragon/events.pb.h"

namespace tripline {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// Times and wrapped numbers, which are no objects in JSON.
bool is_scalar_in_json(const Descriptor& message) {
  return message.full_name().starts_with("google.protobuf.");
}

void append_utf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    out += static_cast<char>(0xe0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  }
}

// What stands between the quotes of a string, as it is meant. Our escapes are below U+10000.
std::string unescaped(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size(); at++) {
    if (text[at] != '\\') {
      out += text[at];
      continue;
    }
    constexpr std::string_view kLetters = "bfnrt";
    constexpr std::string_view kMeant = "\b\f\n\r\t";
    const char letter = text[++at];
    if (letter == 'u') {
      append_utf8(out, static_cast<uint32_t>(std::stoul(std::string(text.substr(at + 1, 4)), nullptr, 16)));
      at += 4;
    } else {
      const size_t known = kLetters.find(letter);
      out += known == std::string_view::npos ? letter : kMeant[known];
    }
  }
  return out;
}

}  // namespace

// --- what is left of a kind of message ------------------------------------------------------------------------------

FieldFilters::Cut FieldFilters::Cut::whole(const Descriptor& message) {
  Cut out;
  for (int at = 0; at < message.field_count(); at++)
    out.members.push_back({std::string(message.field(at)->name()), true, kNoPart});
  return out;
}

bool FieldFilters::Cut::keeps_key(std::string_view raw) const {
  const std::string name = raw.contains('\\') ? unescaped(raw) : std::string(raw);
  return (std::ranges::find(exceptions, name) != exceptions.end()) != keeps_others;
}

void FieldFilters::Cut::narrow_map(const Mask& mask, bool include) {
  std::vector<std::string> next;
  if (include) {
    std::ranges::copy_if(mask.keys, std::back_inserter(next),
                         [&](const auto& key) { return keeps_key(key); });
    keeps_others = false;
  } else if (keeps_others) {
    next = exceptions;
    next.insert(next.end(), mask.keys.begin(), mask.keys.end());
  } else {
    std::ranges::copy_if(exceptions, std::back_inserter(next), [&](const auto& key) {
      return std::ranges::find(mask.keys, key) == mask.keys.end();
    });
  }
  exceptions = std::move(next);
}

bool FieldFilters::Cut::narrow(const Descriptor& message, const Mask& mask, bool include) {
  bool possible = true;
  for (int at = 0; at < message.field_count(); at++) {
    const FieldDescriptor* field = message.field(at);
    Member& member = members[static_cast<size_t>(at)];
    if (!member.keep) continue;
    const bool named = std::ranges::find(mask.whole, field) != mask.whole.end();
    const auto part = std::ranges::find(mask.parts, field, &Part::field);
    if (named || part == mask.parts.end()) {
      member.keep = named == include;
      continue;
    }
    if (field->message_type() == nullptr) continue;
    if (field->is_map() && field->message_type()->map_key()->cpp_type() != FieldDescriptor::CPPTYPE_STRING)
      continue;
    if (!field->is_map() && is_scalar_in_json(*field->message_type())) {
      possible = false;
      continue;
    }
    if (member.part == kNoPart) {
      member.part = parts.size();
      parts.push_back(field->is_map() ? Cut{.is_map = true} : whole(*field->message_type()));
    }
    Cut& below = parts[member.part];
    if (field->is_map())
      below.narrow_map(part->mask, include);
    else
      possible &= below.narrow(*field->message_type(), part->mask, include);
  }
  return possible;
}

// A list of processes has many, of which none is the last one.
void FieldFilters::remember_processes(const Descriptor& message, Cut& cut) {
  for (int at = 0; at < message.field_count(); at++) {
    const FieldDescriptor* field = message.field(at);
    const size_t part = cut.members[static_cast<size_t>(at)].part;
    if (part != Cut::kNoPart && !field->is_repeated() &&
        field->message_type() == tetragon::Process::descriptor())
      cut.parts[part].last.emplace();
  }
}

void FieldFilters::make_cuts() {
  const Descriptor& response = *tetragon::GetEventsResponse::descriptor();
  for (int at = 0; at < response.field_count(); at++) {
    const FieldDescriptor* field = response.field(at);
    if (field->containing_oneof() == nullptr) continue;
    Cut cut = Cut::whole(*field->message_type());
    bool possible = true, changed = false;
    for (const Filter& filter : filters_) {
      const auto mask = filter.masks.find(field->number());
      if (mask == filter.masks.end()) continue;
      changed = true;
      possible &= cut.narrow(*field->message_type(), mask->second, filter.include);
    }
    remember_processes(*field->message_type(), cut);
    if (changed) cuts_.push_back({std::string(field->name()), possible, std::move(cut)});
  }
}

// --- a line ---------------------------------------------------------------------------------------------------------

// Copies a line piece by piece. `from` is the start of what is to be copied and was not yet; between members it may be
// that nothing is (then `from` is null).
struct FieldFilters::Cutter {
  const char* at;
  const char* end;
  const char* from;
  std::string& out;

  void copy(const char* to) {
    out.append(from, to);
    from = nullptr;
  }

  // From the opening brace to behind the closing one; in between and at both ends there is something to be copied.
  void object(Cut& cut) {
    if (cut.last) return repeated(cut);
    members(cut);
  }

  void members(Cut& cut) {
    ++at;
    bool any = false;
    size_t next = 0;  // members come in the order of the fields
    for (bool first = true; *at != '}'; first = false) {
      const char* const start = first ? at : at + 1;  // behind a comma
      const char* const name = start + 1;
      const char* const colon = skip_json_string(start, end);
      const std::string_view text(name, static_cast<size_t>(colon - name - 1));
      at = colon + 1;
      Cut* part = nullptr;
      bool keep = cut.is_map ? cut.keeps_key(text) : cut.keeps(text, next, part);
      if (keep && part != nullptr && part->is_map) keep = keeps_any(*part);
      if (!keep) {
        if (from != nullptr) copy(first ? start : start - 1);
        at = skip_json_value(at, end);
        continue;
      }
      if (from == nullptr) from = any ? start - 1 : start;
      any = true;
      if (part == nullptr)
        at = skip_json_value(at, end);
      else if (*at == '[')
        objects(*part);
      else
        object(*part);
    }
    if (from == nullptr) from = at;
    ++at;
  }

  // An object ends where its braces do, so a text that begins with the last one begins with the same one.
  void repeated(Cut& cut) {
    constexpr size_t kLongest = 16 << 10;
    const std::string_view rest(at, static_cast<size_t>(end - at));
    copy(at);
    if (!cut.last->whole.empty() && rest.starts_with(cut.last->whole)) {
      out += cut.last->left;
      from = at += cut.last->whole.size();
      return;
    }
    const char* const begin = at;
    const size_t old = out.size();
    from = at;
    members(cut);
    copy(at);
    from = at;
    if (static_cast<size_t>(at - begin) > kLongest) return;
    cut.last->whole.assign(begin, at);
    cut.last->left.assign(out, old);
  }

  void objects(Cut& cut) {
    ++at;
    while (*at != ']') {
      if (*at == ',') ++at;
      object(cut);
    }
    ++at;
  }

  // Of a map: is there an entry that stays? An empty one is not printed.
  [[nodiscard]] bool keeps_any(const Cut& cut) const {
    const char* place = at + 1;
    while (*place != '}') {
      if (*place == ',') ++place;
      const char* const name = place + 1;
      place = skip_json_string(place, end);
      if (cut.keeps_key({name, static_cast<size_t>(place - name - 1)})) return true;
      place = skip_json_value(place + 1, end);
    }
    return false;
  }
};

bool FieldFilters::Cut::keeps(std::string_view name, size_t& next, Cut*& part) {
  const size_t count = members.size();
  for (size_t tried = 0; tried < count; tried++) {
    const Member& member = members[next];
    next = next + 1 == count ? 0 : next + 1;
    // No name is empty, and a comparison of two that begin in different ways would be a call.
    if (member.name.size() != name.size() || member.name.front() != name.front() || member.name != name)
      continue;
    if (member.part != kNoPart) part = &parts[member.part];
    return member.keep;
  }
  return false;  // rather nothing than what was not to be shown
}

bool FieldFilters::cut(std::string_view line, std::string& out) {
  constexpr size_t kName = 2;  // where the event's name begins, behind a brace and a quote
  const size_t quote = line.find('"', kName);
  if (quote == std::string_view::npos) return false;
  const std::string_view name = line.substr(kName, quote - kName);
  const auto kind = std::ranges::find(cuts_, name, &KindCut::name);
  if (kind == cuts_.end()) {
    out += line;
    return true;
  }
  if (!kind->possible) return false;
  Cutter cutter{line.data() + quote + 2, line.data() + line.size(), line.data(), out};
  cutter.object(kind->cut);
  cutter.copy(line.data() + line.size());
  return true;
}

}  // namespace tripline
