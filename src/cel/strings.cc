// SPDX-License-Identifier: Apache-2.0
// The extension of functions on texts. Places in a text are counted in code points.
#include <algorithm>
#include <array>
#include <optional>

#include "base/utf8.h"
#include "cel/format.h"
#include "cel/function.h"
#include "cel/points.h"

namespace tripline::cel {
namespace {

std::string_view view(const Value& value) { return value.as<Text>().view; }
const std::shared_ptr<const void>& keep(const Value& value) { return value.as<Text>().keep; }
int64_t number(const Value& value) { return value.as<int64_t>(); }

std::unexpected<std::string> out_of_range(int64_t index) {
  return failed("index out of range: " + std::to_string(index));
}

// Where a code point begins, as an offset in bytes; absent out of range.
std::optional<size_t> place(std::string_view text, int64_t index) {
  if (index < 0) return std::nullopt;
  return byte_of(text, static_cast<size_t>(index));
}

Outcome char_at(Frame& frame, Arguments arguments) {
  const std::string_view all = view(arguments[0]);
  if (!frame.spend_on_bytes(all.size())) return frame.exhausted();
  const auto at = place(all, number(arguments[1]));
  if (!at) return out_of_range(number(arguments[1]));
  const size_t length = *at == all.size() ? 0 : first_character(all.substr(*at)).length;
  return Value{Text{all.substr(*at, length), keep(arguments[0])}};
}

Outcome index_value(std::string_view text, size_t at) {
  if (at == std::string_view::npos) return Value{int64_t{-1}};
  return Value{static_cast<int64_t>(count_points(text.substr(0, at)))};
}

// A search from after the end finds nothing but the empty text, which is at the end.
template <bool last>
Outcome search(Frame& frame, Arguments arguments) {
  const std::string_view all = view(arguments[0]);
  const std::string_view part = view(arguments[1]);
  const int64_t index = arguments.size() > 2 ? number(arguments[2]) : last ? INT64_MAX : 0;
  if (!frame.spend_on_bytes(all.size() * 2)) return frame.exhausted();
  if (index < 0) return out_of_range(index);
  auto from = place(all, index);
  const bool anywhere = arguments.size() < 3 || part.empty();
  if (!from && anywhere) from = all.size();
  if (!from || (*from == all.size() && !anywhere)) return Value{int64_t{-1}};
  return index_value(all, last ? all.rfind(part, *from) : all.find(part, *from));
}

Outcome substring(Frame& frame, Arguments arguments) {
  const std::string_view all = view(arguments[0]);
  if (!frame.spend_on_bytes(all.size())) return frame.exhausted();
  const auto begin = place(all, number(arguments[1]));
  if (!begin) return out_of_range(number(arguments[1]));
  std::optional<size_t> end = all.size();
  if (arguments.size() > 2) {
    end = place(all, number(arguments[2]));
    if (!end) return out_of_range(number(arguments[2]));
    if (*end < *begin)
      return failed("invalid substring range. start: " + std::to_string(number(arguments[1])) +
                    ", end: " + std::to_string(number(arguments[2])));
  }
  return Value{Text{all.substr(*begin, *end - *begin), keep(arguments[0])}};
}

template <char first, char last>
Outcome change_case(Frame& frame, Arguments arguments) {
  std::string out(view(arguments[0]));
  if (!frame.spend_on_bytes(out.size(), out.size())) return frame.exhausted();
  for (char& each : out)
    if (each >= first && each <= last) each = static_cast<char>(each ^ 0x20);
  return text(std::move(out));
}

Outcome trim(Frame& frame, Arguments arguments) {
  std::string_view rest = view(arguments[0]);
  if (!frame.spend_on_bytes(rest.size())) return frame.exhausted();
  while (!rest.empty() && is_space(first_character(rest).point))
    rest.remove_prefix(first_character(rest).length);
  while (!rest.empty()) {
    size_t at = rest.size() - 1;
    while (at > 0 && (static_cast<unsigned char>(rest[at]) & 0xC0) == 0x80) --at;
    if (!is_space(first_character(rest.substr(at)).point)) break;
    rest = rest.substr(0, at);
  }
  return Value{Text{rest, keep(arguments[0])}};
}

Outcome reverse(Frame& frame, Arguments arguments) {
  std::string_view rest = view(arguments[0]);
  if (!frame.spend_on_bytes(rest.size(), rest.size())) return frame.exhausted();
  std::string out(rest);
  for (size_t end = out.size(); !rest.empty();) {
    const size_t length = first_character(rest).length;
    end -= length;
    rest.copy(out.data() + end, length);
    rest.remove_prefix(length);
  }
  return text(std::move(out));
}

// Where the next separator is, and after how many bytes the next search begins. The empty one is after each character.
size_t next_of(std::string_view text, std::string_view separator, size_t from) {
  if (!separator.empty()) return text.find(separator, from);
  if (from >= text.size()) return std::string_view::npos;
  return from + first_character(text.substr(from)).length;
}

Outcome replace(Frame& frame, Arguments arguments) {
  const std::string_view all = view(arguments[0]);
  const std::string_view what = view(arguments[1]);
  const std::string_view with = view(arguments[2]);
  int64_t left = arguments.size() > 3 ? number(arguments[3]) : -1;
  if (left < 0) left = INT64_MAX;
  std::string out;
  size_t from = 0;
  if (what.empty() && left > 0) {
    out += with;
    --left;
  }
  for (; left > 0; --left) {
    const size_t at = next_of(all, what, from);
    if (at == std::string_view::npos) break;
    if (!frame.spend_on_bytes(128, with.size() + at - from)) return frame.exhausted();
    out += all.substr(from, at - from);
    out += with;
    from = at + what.size();
  }
  if (!frame.spend_on_bytes(all.size(), all.size())) return frame.exhausted();
  out += all.substr(from);
  return text(std::move(out));
}

Outcome split(Frame& frame, Arguments arguments) {
  const std::string_view all = view(arguments[0]);
  const std::string_view separator = view(arguments[1]);
  int64_t most = arguments.size() > 2 ? number(arguments[2]) : -1;
  if (most < 0) most = INT64_MAX;
  std::vector<Value> out;
  const auto add = [&](std::string_view part) { out.push_back({Text{part, keep(arguments[0])}}); };
  if (most == 0 || (separator.empty() && all.empty())) return list({});
  size_t from = 0;
  for (; most > 1; --most) {
    const size_t at = next_of(all, separator, from);
    if (at == std::string_view::npos || (separator.empty() && at == all.size())) break;
    if (!frame.spend(1, kBytesOfElement)) return frame.exhausted();
    add(all.substr(from, at - from));
    from = at + separator.size();
  }
  if (!frame.spend_on_bytes(all.size())) return frame.exhausted();
  add(all.substr(from));
  return list(std::move(out));
}

Outcome join(Frame& frame, Arguments arguments) {
  const std::string_view separator = arguments.size() > 1 ? view(arguments[1]) : std::string_view();
  std::string out;
  bool first = true;
  for (const Value& each : *arguments[0].as<List>().items) {
    const auto* part = each.get<Text>();
    if (part == nullptr) return no_such_overload();
    const size_t size = separator.size() + part->view.size();
    if (!frame.spend(1 + (size / 128), size)) return frame.exhausted();
    if (!first) out += separator;
    first = false;
    out += part->view;
  }
  return text(std::move(out));
}

Outcome quote(Frame& frame, Arguments arguments) {
  const std::string_view all = view(arguments[0]);
  if (!frame.spend_on_bytes(all.size(), all.size() * 2)) return frame.exhausted();
  constexpr std::string_view kSpecial = "\a\b\f\n\r\t\v\\\"";
  constexpr std::string_view kLetters = "abfnrtv\\\"";
  std::string out = "\"";
  for (const char byte : all) {
    const size_t at = kSpecial.find(byte);
    if (at != std::string_view::npos) out += '\\';
    out += at == std::string_view::npos ? byte : kLetters[at];
  }
  return text(out + '"');
}

constexpr auto kRows = std::to_array<FunctionRow>({
    {"charAt", "string.(int) -> string", char_at},
    {"indexOf", "string.(string) -> int", search<false>},
    {"indexOf", "string.(string, int) -> int", search<false>},
    {"lastIndexOf", "string.(string) -> int", search<true>},
    {"lastIndexOf", "string.(string, int) -> int", search<true>},
    {"substring", "string.(int) -> string", substring},
    {"substring", "string.(int, int) -> string", substring},
    {"lowerAscii", "string.() -> string", change_case<'A', 'Z'>},
    {"upperAscii", "string.() -> string", change_case<'a', 'z'>},
    {"trim", "string.() -> string", trim},
    {"reverse", "string.() -> string", reverse},
    {"replace", "string.(string, string) -> string", replace},
    {"replace", "string.(string, string, int) -> string", replace},
    {"split", "string.(string) -> list(string)", split},
    {"split", "string.(string, int) -> list(string)", split},
    {"join", "list(string).() -> string", join},
    {"join", "list(string).(string) -> string", join},
    {"strings.quote", "(string) -> string", quote},
    {"format", "string.(list(dyn)) -> string",
     [](Frame& frame, Arguments a) { return format(frame, view(a[0]), *a[1].as<List>().items); }},
});

}  // namespace

FunctionTable string_extension() { return kRows; }

}  // namespace tripline::cel
