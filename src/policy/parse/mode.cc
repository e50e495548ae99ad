// SPDX-License-Identifier: Apache-2.0
#include "policy/parse/mode.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/diagnostics.h"
#include "base/go_text.h"
#include "base/source.h"
#include "policy/parse/yaml.h"
#include "policy/parse/yaml_out.h"

namespace tripline {
namespace {

using policy::Node;
using Members = std::vector<YamlMember>;
using Items = std::vector<YamlValue>;

constexpr std::string_view kOption = "policy-mode";

// yes, no, on, off are texts to the programs that this output is for.
YamlValue boolean(const std::string& text) {
  constexpr std::array kWords = {"true", "True", "TRUE", "false", "False", "FALSE"};
  const auto found = std::ranges::find(kWords, text);
  if (found == kWords.end()) return yaml_text(text);
  return yaml_plain(found - kWords.begin() < 3 ? "true" : "false");
}

YamlValue value_of(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return yaml_plain("null");
    case Node::Kind::kBoolean:
      return boolean(node.text);
    case Node::Kind::kNumber:
      return yaml_plain(node.integer && !node.text.contains('.') ? node.plain_text() : node.text);
    case Node::Kind::kText:
      return yaml_text(node.text);
    case Node::Kind::kSequence: {
      Items items;
      for (const Node* item : node.items) items.push_back(value_of(*item));
      return {std::move(items)};
    }
    case Node::Kind::kMapping:
      break;
  }
  Members members;
  for (const Node::Entry& entry : node.entries) members.push_back({entry.key, value_of(*entry.value)});
  return {std::move(members)};
}

YamlValue* member(Members& members, std::string_view key) {
  const auto found = std::ranges::find(members, key, &YamlMember::key);
  return found == members.end() ? nullptr : &found->value;
}

bool is_mode(YamlValue& option) {
  auto* members = std::get_if<Members>(&option.is);
  const YamlValue* name = members ? member(*members, "name") : nullptr;
  const auto* scalar = name ? std::get_if<YamlScalar>(&name->is) : nullptr;
  return scalar && scalar->text == kOption;
}

}  // namespace

std::expected<std::string, std::string> with_mode(const std::string& text, std::string_view mode) {
  if (mode != "enforce" && mode != "monitor") return std::unexpected("invalid mode: " + go_quoted(mode));
  const Source source{"policy", text};
  Diagnostics diagnostics;
  const auto document = policy::read_yaml(source, diagnostics);
  if (!document || diagnostics.has_errors()) {
    const Diagnostic& first = diagnostics.all().front();
    return std::unexpected(
        fmt::format("line {}, column {}: {}", first.span.line, first.span.column, first.message));
  }
  YamlValue whole = document->root ? value_of(*document->root) : YamlValue{Members()};
  auto* members = std::get_if<Members>(&whole.is);
  YamlValue* spec = members ? member(*members, "spec") : nullptr;
  auto* inside = spec ? std::get_if<Members>(&spec->is) : nullptr;
  if (!inside) return std::unexpected("the document has no spec");
  YamlValue* options = member(*inside, "options");
  if (!options) {
    inside->push_back({"options", YamlValue{Items()}});
    options = &inside->back().value;
  }
  auto* list = std::get_if<Items>(&options->is);
  if (!list) return std::unexpected("options is not a list");
  std::erase_if(*list, is_mode);
  list->push_back({Members{{"name", yaml_text(kOption)}, {"value", yaml_text(mode)}}});
  return yaml_out(std::move(whole));
}

}  // namespace tripline
