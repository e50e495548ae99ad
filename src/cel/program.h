// SPDX-License-Identifier: Apache-2.0
// An expression of the Common Expression Language (CEL), ready to be evaluated, from any thread.
//
// Expressions come from anybody: compiling one takes time and memory in proportion to its text, which is bounded, and
// evaluating it ends when its budget is spent. What an expression reads beside its variables are the system's time
// zones.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "cel/environment.h"
#include "cel/frame.h"
#include "cel/mistake.h"
#include "cel/node.h"
#include "cel/type.h"
#include "cel/value.h"

namespace tripline::cel {

class Program {
 public:
  static std::expected<Program, std::vector<Mistake>> compile(std::shared_ptr<const Environment> environment,
                                                              std::string_view text);

  // `variables`: as the environment lists them; one without a value is an error where it is used. The value may be a
  // view of the program and of them.
  [[nodiscard]] Outcome evaluate(std::span<const std::optional<Value>> variables, Budget budget = {}) const;

  [[nodiscard]] const Type& type() const { return type_; }
  // Indices of the variables that it names.
  [[nodiscard]] std::span<const uint32_t> variables() const { return variables_; }

 private:
  Program() = default;

  std::shared_ptr<const Environment> environment_;
  NodePtr tree_;
  Type type_;
  uint32_t slots_ = 0;
  std::vector<uint32_t> variables_;
};

}  // namespace tripline::cel
