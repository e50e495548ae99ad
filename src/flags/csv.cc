// SPDX-License-Identifier: Apache-2.0
#include "flags/csv.h"

#include <algorithm>

namespace tripline::flags {
namespace {

std::unexpected<std::string> refuse(size_t column, std::string_view what) {
  return std::unexpected("parse error on line 1, column " + std::to_string(column) + ": " +
                         std::string(what));
}

}  // namespace

std::expected<std::vector<std::string>, std::string> parse_csv(std::string_view text) {
  std::vector<std::string> fields;
  if (text.empty()) return fields;
  for (size_t at = 0;;) {
    std::string field;
    if (at < text.size() && text[at] == '"') {
      ++at;
      for (;;) {
        const size_t quote = text.find('"', at);
        if (quote == std::string_view::npos)
          return refuse(text.size() + 1, "extraneous or missing \" in quoted-field");
        field += text.substr(at, quote - at);
        at = quote + 1;
        if (at == text.size() || text[at] == ',') break;
        if (text[at] != '"') return refuse(quote + 1, "extraneous or missing \" in quoted-field");
        field += '"';
        ++at;
      }
    } else {
      const size_t end = std::min(text.find_first_of(",\n", at), text.size());
      field = text.substr(at, end - at);
      const size_t quote = field.find('"');
      if (quote != std::string::npos) return refuse(at + quote + 1, "bare \" in non-quoted-field");
      at = end;
    }
    fields.push_back(std::move(field));
    // Only the first line counts.
    if (at >= text.size() || text[at] == '\n') return fields;
    ++at;
  }
}

std::string csv_text(std::span<const std::string> fields) {
  std::string out;
  for (const std::string& field : fields) {
    if (&field != &fields.front()) out += ',';
    if (field.find_first_of(",\"\r\n") == std::string::npos && !field.starts_with(' ')) {
      out += field;
      continue;
    }
    out += '"';
    for (const char c : field) out += c == '"' ? "\"\"" : std::string(1, c);
    out += '"';
  }
  return out;
}

}  // namespace tripline::flags
