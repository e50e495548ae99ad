// SPDX-License-Identifier: Apache-2.0
#include "client/modify.h"

#include <algorithm>
#include <utility>

#include "base/go_text.h"
#include "client/yaml_out.h"
#include "policy/parse/yaml.h"

namespace tripline::client {
namespace {

Yaml copied(const policy::Node& node) {
  using Kind = policy::Node::Kind;
  switch (node.kind) {
    case Kind::kNull:
      return {YamlWord{"null"}};
    case Kind::kBoolean:
    case Kind::kNumber:
      return {YamlWord{node.plain_text()}};
    case Kind::kText:
      return {node.text};
    case Kind::kSequence: {
      YamlList list;
      for (const policy::Node* item : node.items) list.push_back(copied(*item));
      return {std::move(list)};
    }
    case Kind::kMapping:
      break;
  }
  YamlMap map;
  for (const auto& entry : node.entries) map.emplace_back(entry.key, copied(*entry.value));
  return {std::move(map)};
}

Yaml& member(YamlMap& map, std::string_view name) {
  const auto found =
      std::ranges::find(map, name, [](const auto& entry) { return std::string_view(entry.first); });
  if (found != map.end()) return found->second;
  return map.emplace_back(std::string(name), Yaml{YamlWord{"null"}}).second;
}

bool sets_mode(const Yaml& option) {
  const auto* map = std::get_if<YamlMap>(&option.value);
  return map && std::ranges::any_of(*map, [](const auto& entry) {
           const auto* text = std::get_if<std::string>(&entry.second.value);
           return entry.first == "name" && text && *text == "policy-mode";
         });
}

}  // namespace

std::expected<std::string, std::string> with_mode(const std::string& document, std::string_view mode) {
  if (mode != "enforce" && mode != "monitor") return std::unexpected("invalid mode: " + go_quoted(mode));
  Diagnostics diagnostics;
  const auto parsed = policy::read_yaml(Source{"", document}, diagnostics);
  if (!parsed || diagnostics.has_errors()) {
    const Diagnostic& first = diagnostics.all().front();
    return std::unexpected("line " + std::to_string(first.span.line) + ": " + first.message);
  }
  if (!parsed->root || parsed->root->kind != policy::Node::Kind::kMapping)
    return std::unexpected("the document is not a mapping");
  Yaml yaml = copied(*parsed->root);
  Yaml& spec = member(std::get<YamlMap>(yaml.value), "spec");
  if (!std::holds_alternative<YamlMap>(spec.value)) {
    if (!std::holds_alternative<YamlWord>(spec.value)) return std::unexpected("spec is not a mapping");
    spec.value = YamlMap{};
  }
  Yaml& options = member(std::get<YamlMap>(spec.value), "options");
  if (!std::holds_alternative<YamlList>(options.value)) {
    if (!std::holds_alternative<YamlWord>(options.value))
      return std::unexpected("spec.options is not a list");
    options.value = YamlList{};
  }
  auto& list = std::get<YamlList>(options.value);
  std::erase_if(list, sets_mode);
  list.push_back({YamlMap{{"name", {std::string("policy-mode")}}, {"value", {std::string(mode)}}}});
  return yaml_text(yaml, YamlStyle::kFour);
}

}  // namespace tripline::client
