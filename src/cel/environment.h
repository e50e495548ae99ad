// SPDX-License-Identifier: Apache-2.0
// The names that an expression can use: variables, functions, and the package in which names are looked up first.
// Created once, then only read, from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "cel/function.h"
#include "cel/type.h"

namespace tripline::cel {

struct Declared {
  std::string name;
  Type type;
};

class Environment {
 public:
  // `strings`: with the extension for texts, which others leave out.
  Environment(std::string container, std::vector<Declared> variables, bool strings);

  [[nodiscard]] const std::string& container() const { return container_; }
  [[nodiscard]] const std::vector<Declared>& variables() const { return variables_; }
  [[nodiscard]] std::optional<uint32_t> variable(const std::string& name) const;
  // Null when there is none of this name.
  [[nodiscard]] const std::vector<Function>* functions(const std::string& name) const;
  // What a name may mean, the most likely first: "a.b.name", "a.name" and "name" in the container "a.b".
  [[nodiscard]] std::vector<std::string> candidates(const std::string& name, bool absolute) const;

 private:
  void add(FunctionTable table);

  std::string container_;
  std::vector<Declared> variables_;
  std::unordered_map<std::string, std::vector<Function>> functions_;
};

}  // namespace tripline::cel
