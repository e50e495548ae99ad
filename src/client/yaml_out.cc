// SPDX-License-Identifier: Apache-2.0
#include "client/yaml_out.h"

#include <algorithm>
#include <initializer_list>

#include "base/go_text.h"
#include "flags/number.h"

namespace tripline::client {
namespace {

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

// Would a reader take it for something else than text?
bool is_ambiguous(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  if (one_of(lower, {"", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", ".nan", ".inf",
                     "-.inf", "<<", "="}))
    return true;
  const bool digits = text.find_first_not_of("0123456789+-.eE_xXoOabcdefABCDEF:") == std::string_view::npos;
  return digits &&
         (text[0] == '+' || text[0] == '-' || text[0] == '.' || (text[0] >= '0' && text[0] <= '9')) &&
         text.find_first_of("0123456789") != std::string_view::npos;
}

bool can_be_plain(std::string_view text) {
  constexpr std::string_view kIndicators = ",[]{}#&*!|>'\"%@`";
  if (kIndicators.contains(text[0]) || text.front() == ' ' || text.back() == ' ' || text.back() == ':')
    return false;
  if (std::string_view("-?:").contains(text[0]) && (text.size() == 1 || text[1] == ' ')) return false;
  return !text.contains(": ") && !text.contains(" #");
}

std::string scalar(std::string_view text, size_t indent) {
  if (is_ambiguous(text)) return go_quoted(text);
  const bool control =
      std::ranges::any_of(text, [](char c) { return (c >= 0 && c < ' ' && c != '\n') || c == 0x7f; });
  if (control) return go_quoted(text);
  if (text.contains('\n')) {
    std::string out = text.ends_with("\n\n") ? "|+" : text.ends_with('\n') ? "|" : "|-";
    if (text[0] == ' ' || text[0] == '\n') return go_quoted(text);
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size());
      out += '\n';
      if (end > 0) out.append(indent, ' ').append(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
  }
  if (can_be_plain(text)) return std::string(text);
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

class Writer {
 public:
  explicit Writer(YamlStyle style) : step_(style == YamlStyle::kTwo ? 2 : 4), style_(style) {}

  // `begun`: the first line has its indentation already.
  void write(const Yaml& yaml, size_t indent, bool begun) {
    if (const auto* map = std::get_if<YamlMap>(&yaml.value)) return write_map(*map, indent, begun);
    if (const auto* list = std::get_if<YamlList>(&yaml.value)) return write_list(*list, indent, begun);
    if (const auto* word = std::get_if<YamlWord>(&yaml.value))
      out_ += word->text + "\n";
    else
      out_ += scalar(std::get<std::string>(yaml.value), indent) + "\n";
  }
  std::string take() { return std::move(out_); }

 private:
  // Indentations are multiples of the step, also below the two places of a list's dash.
  [[nodiscard]] size_t next(size_t indent) const { return step_ * ((indent + step_) / step_); }

  void write_map(const YamlMap& map, size_t indent, bool begun) {
    if (map.empty()) {
      out_ += "{}\n";
      return;
    }
    std::vector<const std::pair<std::string, Yaml>*> entries;
    for (const auto& entry : map) entries.push_back(&entry);
    std::ranges::sort(entries, {}, [](const auto* entry) -> const std::string& { return entry->first; });
    for (const auto* entry : entries) {
      if (!begun) out_.append(indent, ' ');
      begun = false;
      const Yaml& value = entry->second;
      const auto* list = std::get_if<YamlList>(&value.value);
      const auto* inner = std::get_if<YamlMap>(&value.value);
      const bool below = (list && !list->empty()) || (inner && !inner->empty());
      out_ += scalar(entry->first, indent) + (below ? ":\n" : ": ");
      const size_t deeper = list && style_ == YamlStyle::kTwo ? indent : next(indent);
      write(value, deeper, !below);
    }
  }

  void write_list(const YamlList& list, size_t indent, bool begun) {
    if (list.empty()) {
      out_ += "[]\n";
      return;
    }
    for (const Yaml& item : list) {
      if (!begun) out_.append(indent, ' ');
      begun = false;
      out_ += "- ";
      write(item, indent + 2, true);
    }
  }

  size_t step_;
  YamlStyle style_;
  std::string out_;
};

}  // namespace

std::string yaml_text(const Yaml& yaml, YamlStyle style) {
  Writer writer(style);
  writer.write(yaml, 0, true);
  return writer.take();
}

}  // namespace tripline::client
