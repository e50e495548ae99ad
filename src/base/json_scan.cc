// SPDX-License-Identifier: Apache-2.0
#include "base/json_scan.h"

#include <cstddef>
#include <cstring>

namespace tripline {

const char* skip_json_string(const char* at, const char* end) {
  const char* const first = ++at;
  while (at < end) {
    at = static_cast<const char*>(std::memchr(at, '"', static_cast<size_t>(end - at)));
    if (at == nullptr) return end;
    if (at[-1] != '\\') [[likely]]
      return at + 1;
    const char* before = at;
    while (before > first && before[-1] == '\\') --before;
    const bool is_escaped = (at - before) % 2 != 0;
    ++at;
    if (!is_escaped) return at;
  }
  return end;
}

const char* skip_json_value(const char* at, const char* end) {
  if (at < end && *at == '"') return skip_json_string(at, end);
  size_t depth = 0;
  while (at < end) {
    switch (*at) {
      case '"':
        at = skip_json_string(at, end);
        continue;
      case '{':
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        if (depth == 0) return at;  // of what the number is in
        if (--depth == 0) return at + 1;
        break;
      case ',':
        if (depth == 0) return at;
        break;
      default:
        break;
    }
    ++at;
  }
  return end;
}

bool read_json_members(std::string_view object, std::vector<JsonMember>& out) {
  out.clear();
  const char* at = object.data();
  const char* const end = at + object.size();
  if (object.size() < 2 || *at != '{' || end[-1] != '}') return false;
  if (object == "{}") return true;
  while (true) {
    ++at;  // a brace or a comma
    if (at >= end || *at != '"') return false;
    const char* const name = at + 1;
    at = skip_json_string(at, end);
    if (at >= end || *at != ':') return false;
    const char* const value = at + 1;
    at = skip_json_value(value, end);
    if (at == value || at >= end) return false;
    out.push_back({{name, static_cast<size_t>(value - name - 2)}, {value, static_cast<size_t>(at - value)}});
    if (*at == '}') return at + 1 == end;
    if (*at != ',') return false;
  }
}

}  // namespace tripline
