// SPDX-License-Identifier: Apache-2.0
#include "crd/tree.h"

#include <algorithm>
#include <type_traits>

namespace tripline::crd {
namespace {

std::string quoted_text(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (byte < 0x20 || byte == 0x7f) {
      out += {'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string scalar(bool value) { return value ? "true" : "false"; }
std::string scalar(int64_t value) { return std::to_string(value); }
std::string scalar(const std::string& value) { return quoted_text(value); }

// As a key of a mapping stands in YAML. Only words of our own are keys there, which are plain but for this.
std::string key_text(const std::string& key) {
  const bool plain = std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '/';
  });
  return plain && !key.empty() ? key : quoted_text(key);
}

void add_json(std::string& out, const Tree& tree) {
  const auto add_list = [&out](const auto& list, char open, char close, auto&& add_item) {
    out += open;
    for (bool first = true; const auto& item : list) {
      if (!first) out += ',';
      first = false;
      add_item(item);
    }
    out += close;
  };
  if (const auto* list = std::get_if<Tree::List>(&tree.is)) {
    add_list(*list, '[', ']', [&out](const Tree& item) { add_json(out, item); });
  } else if (const auto* members = std::get_if<Tree::Object>(&tree.is)) {
    add_list(*members, '{', '}', [&out](const Member& item) {
      out += quoted_text(item.key) + ':';
      add_json(out, item.value);
    });
  } else {
    std::visit(
        [&out]<typename T>(const T& value) {
          if constexpr (!std::is_same_v<T, Tree::List> && !std::is_same_v<T, Tree::Object>)
            out += scalar(value);
        },
        tree.is);
  }
}

// The lines of a list or object, without the indentation of the first.
void add_yaml(std::string& out, const Tree& tree, size_t indent);

// What is behind "key:" or "-": on the same line where it fits there.
void add_value(std::string& out, const Tree& tree, size_t indent, bool item) {
  const auto* list = std::get_if<Tree::List>(&tree.is);
  const auto* members = std::get_if<Tree::Object>(&tree.is);
  const bool lines = (list != nullptr && !list->empty()) || (members != nullptr && !members->empty());
  if (!lines) {
    out += ' ';
    add_json(out, tree);
    out += '\n';
  } else if (item) {
    out += ' ';
    add_yaml(out, tree, indent + 2);
  } else {
    // A list stands at its key.
    const size_t inner = list != nullptr ? indent : indent + 2;
    out += '\n' + std::string(inner, ' ');
    add_yaml(out, tree, inner);
  }
}

void add_yaml(std::string& out, const Tree& tree, size_t indent) {
  const auto next_line = [&out, indent](bool& first) {
    if (!first) out += std::string(indent, ' ');
    first = false;
  };
  bool first = true;
  if (const auto* list = std::get_if<Tree::List>(&tree.is)) {
    for (const Tree& item : *list) {
      next_line(first);
      out += '-';
      add_value(out, item, indent, true);
    }
  } else if (const auto* members = std::get_if<Tree::Object>(&tree.is)) {
    for (const Member& each : *members) {
      next_line(first);
      out += key_text(each.key) + ':';
      add_value(out, each.value, indent, false);
    }
  }
}

}  // namespace

const Tree* member(const Tree& tree, std::string_view key) {
  const auto* members = std::get_if<Tree::Object>(&tree.is);
  if (members == nullptr) return nullptr;
  const auto found = std::ranges::find(*members, key, &Member::key);
  return found == members->end() ? nullptr : &found->value;
}

std::string json(const Tree& tree) {
  std::string out;
  add_json(out, tree);
  return out;
}

std::string yaml(const Tree& tree) {
  std::string out;
  if (std::holds_alternative<Tree::List>(tree.is) || std::holds_alternative<Tree::Object>(tree.is)) {
    add_yaml(out, tree, 0);
  } else {
    add_json(out, tree);
    out += '\n';
  }
  return out;
}

}  // namespace tripline::crd
