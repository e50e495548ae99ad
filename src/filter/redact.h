// SPDX-License-Identifier: Apache-2.0
// Hides secrets in arguments and environments before anything keeps them: what the groups of an expression matched
// becomes *****. An expression without groups hides nothing; groups inside one another are hidden once.
//
// Work is bounded. If a text has so many matches that hiding them would take too long, or make it too large, all of
// it is hidden: it may come from an attacker, or be full of secrets.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "filter/regex.h"

namespace tripline {

struct RedactionRule {
  std::vector<std::string> binary_regex;  // empty: all binaries
  std::vector<std::string> redact;
};

class Redactor {
 public:
  // Rules that are used one after the other.
  static std::expected<Redactor, std::string> compile(const std::vector<RedactionRule>& rules);

  [[nodiscard]] bool empty() const { return rules_.empty(); }
  // `arguments` as an event shows them; `environment`: NAME=VALUE, each with a NUL behind it.
  void redact(std::string_view binary, std::string& arguments, std::string& environment) const;

 private:
  struct Rule {
    std::vector<Regex> binaries;
    std::vector<Regex> secrets;
  };
  [[nodiscard]] static std::string hide(const Rule& rule, std::string text);

  std::vector<Rule> rules_;
};

}  // namespace tripline
