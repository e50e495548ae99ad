// SPDX-License-Identifier: Apache-2.0
#include "cel/environment.h"

#include <utility>

namespace tripline::cel {

Environment::Environment(std::string container, std::vector<Declared> variables, bool strings)
    : container_(std::move(container)), variables_(std::move(variables)) {
  for (const FunctionTable table :
       {arithmetic_functions(), conversion_functions(), text_functions(), collection_functions(),
        time_functions(), math_extension(), list_extension(), optional_extension(), network_extension(),
        encoder_extension()})
    add(table);
  if (strings) add(string_extension());
}

void Environment::add(FunctionTable table) {
  for (const FunctionRow& row : table) functions_[std::string(row.name)].push_back(read_row(row));
}

std::optional<uint32_t> Environment::variable(const std::string& name) const {
  for (size_t at = 0; at < variables_.size(); ++at)
    if (variables_[at].name == name) return static_cast<uint32_t>(at);
  return std::nullopt;
}

const std::vector<Function>* Environment::functions(const std::string& name) const {
  const auto found = functions_.find(name);
  return found == functions_.end() ? nullptr : &found->second;
}

std::vector<std::string> Environment::candidates(const std::string& name, bool absolute) const {
  if (absolute) return {name};
  std::vector<std::string> out;
  for (std::string scope = container_; !scope.empty();) {
    out.push_back(scope + "." + name);
    const size_t dot = scope.rfind('.');
    scope = dot == std::string::npos ? "" : scope.substr(0, dot);
  }
  out.push_back(name);
  return out;
}

}  // namespace tripline::cel
