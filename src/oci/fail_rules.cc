// SPDX-License-Identifier: Apache-2.0
#include "oci/fail_rules.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "cel/mistake.h"
#include "cel/program.h"
#include "filter/regex.h"

namespace tripline::oci {
namespace {

constexpr int64_t kMemory = int64_t{1} << 20;  // of an expression

using Annotations = std::map<std::string, std::string>;

std::string ask_expression(const std::string& text, const Annotations& annotations) {
  const auto environment = std::make_shared<const cel::Environment>(
      "",
      std::vector<cel::Declared>{{"annotations", cel::map_of({.kind = cel::Type::Kind::kString},
                                                             {.kind = cel::Type::Kind::kString})}},
      true);
  const auto program = cel::Program::compile(environment, text);
  if (!program) return "fail-cel-expr: " + cel::to_text(program.error(), text);
  cel::Entries entries;
  for (const auto& [key, value] : annotations) entries.add(cel::text(key), cel::text(value));
  const std::optional<cel::Value> variable = cel::map(std::move(entries));
  const cel::Outcome outcome = program->evaluate(std::span(&variable, 1));
  if (!outcome) return "fail-cel-expr: " + outcome.error();
  const bool* fails = outcome->get<bool>();
  if (fails == nullptr) return "fail-cel-expr does not give a boolean";
  return *fails ? "fail-cel-expr is true" : "";
}

}  // namespace

std::string refusal(const FailRules& rules, const std::optional<Annotations>& annotations) {
  if (!annotations) return "its annotations are unknown";
  if (!rules.expression.empty()) return ask_expression(rules.expression, *annotations);
  const auto key = std::ranges::find_if(rules.namespace_keys,
                                        [&](const std::string& each) { return annotations->contains(each); });
  if (key == rules.namespace_keys.end()) return "no annotation names its namespace";
  const std::string& space = annotations->at(*key);
  if (std::ranges::find(rules.allowed, space) != rules.allowed.end()) return {};
  for (const std::string& pattern : rules.allowed_patterns) {
    const auto expression = Regex::compile(pattern, kMemory);
    if (!expression) return "fail-allow-namespaces-regex: " + expression.error();
    if (expression->is_in(space)) return {};
  }
  return "its namespace is " + space;
}

}  // namespace tripline::oci
