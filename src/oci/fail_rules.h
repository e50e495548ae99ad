// SPDX-License-Identifier: Apache-2.0
// Whether a container may start if the agent could not be notified. Normally it may not: it would run without the
// policies that apply to it.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tripline::oci {

struct FailRules {
  std::vector<std::string> namespace_keys;  // annotations that name the pod's namespace
  std::vector<std::string> allowed;         // namespaces whose containers may start
  std::vector<std::string> allowed_patterns;
  std::string expression;  // CEL over `annotations`: true: it may not. Instead of the namespaces
};

// Empty: it may start; otherwise why it may not. `annotations` are absent when they are not known.
[[nodiscard]] std::string refusal(const FailRules& rules,
                                  const std::optional<std::map<std::string, std::string>>& annotations);

}  // namespace tripline::oci
