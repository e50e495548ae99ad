// SPDX-License-Identifier: Apache-2.0
#include <concepts>
#include <string>
#include <tuple>

#include "policy/parse/schema.h"
#include "policy/policy.h"

namespace tripline::policy {
namespace {

// A double-quoted YAML scalar. Everything that is not plain ASCII stays as it is, apart from what YAML forbids.
std::string scalar(const std::string& text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const auto next = at + 1 < text.size() ? static_cast<unsigned char>(text[at + 1]) : 0U;
    if (byte == '"' || byte == '\\') {
      out += '\\';
      out += text[at];
    } else if (byte < 0x20 || byte == 0x7f) {
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    } else if (byte == 0xc2 && next < 0xa0) {  // U+0080 to U+009F
      out += {'\\', 'x', kHex[next >> 4], kHex[next & 15]};
      ++at;
    } else if (text.compare(at, 3, "\xef\xbb\xbf") == 0) {
      out += "\\ufeff";
      at += 2;
    } else if (text.compare(at, 3, "\xef\xbf\xbe") == 0 || text.compare(at, 3, "\xef\xbf\xbf") == 0) {
      out += text[at + 2] == '\xbe' ? "\\ufffe" : "\\uffff";
      at += 2;
    } else {
      out += text[at];
    }
  }
  return out + '"';
}

std::string scalar(bool value) { return value ? "true" : "false"; }
std::string scalar(std::integral auto value) { return std::to_string(value); }
template <typename E>
  requires std::is_enum_v<E>
std::string scalar(E value) {
  return std::string(word(value));
}

std::string blanks(size_t count) { return std::string(count, ' '); }

// The text behind `key:`, from the blank or line end on, for a value at `indent`.

template <typename T>
std::string value_text(const Located<T>& value, size_t) {
  return " " + scalar(value.value) + "\n";
}

template <Mapping T>
std::string value_text(const T& value, size_t indent);
template <typename T>
std::string value_text(const std::vector<T>& list, size_t indent);
template <typename T>
std::string value_text(const std::map<std::string, T>& map, size_t indent);

template <typename T>
std::string value_text(const std::optional<T>& optional, size_t indent) {
  return value_text(*optional, indent);
}

// The lines of a mapping, each at `indent`; "" when all its fields have their defaults.
template <Mapping T>
std::string lines_of(const T& value, size_t indent) {
  static const T kDefaults{};
  std::string out;
  const auto print_field = [&](const auto& field) {
    if (!field.required && value.*(field.member) == kDefaults.*(field.member)) return;
    out += blanks(indent) + std::string(field.name) + ":" + value_text(value.*(field.member), indent);
  };
  std::apply([&](const auto&... field) { (print_field(field), ...); },
             fields(static_cast<const T*>(nullptr)));
  return out;
}

template <Mapping T>
std::string value_text(const T& value, size_t indent) {
  const std::string lines = lines_of(value, indent + 2);
  return lines.empty() ? " {}\n" : "\n" + lines;
}

template <typename T>
std::string item_text(const T& item, size_t indent) {
  if constexpr (Mapping<T>) {
    const std::string lines = lines_of(item, indent + 2);
    return blanks(indent) + "- " + (lines.empty() ? "{}\n" : lines.substr(indent + 2));
  } else {
    return blanks(indent) + "-" + value_text(item, indent);
  }
}

template <typename T>
std::string value_text(const std::vector<T>& list, size_t indent) {
  if (list.empty()) return " []\n";
  std::string out = "\n";
  for (const T& item : list) out += item_text(item, indent);
  return out;
}

template <typename T>
std::string value_text(const std::map<std::string, T>& map, size_t indent) {
  if (map.empty()) return " {}\n";
  std::string out = "\n";
  for (const auto& [key, value] : map) {
    out += blanks(indent + 2) + scalar(key) + ":" + value_text(value, indent + 2);
  }
  return out;
}

}  // namespace
}  // namespace tripline::policy

namespace tripline {

std::string print(const Policy& policy) {
  std::string out = "apiVersion: cilium.io/v1alpha1\nkind:" + policy::value_text(policy.kind, 0);
  out += "metadata:\n  name:" + policy::value_text(policy.name, 2);
  if (!policy.namespace_name.value.empty())
    out += "  namespace:" + policy::value_text(policy.namespace_name, 2);
  if (!policy.labels.empty()) out += "  labels:" + policy::value_text(policy.labels, 2);
  if (!policy.annotations.empty()) out += "  annotations:" + policy::value_text(policy.annotations, 2);
  return out + "spec:" + policy::value_text(policy.spec, 0);
}

}  // namespace tripline
