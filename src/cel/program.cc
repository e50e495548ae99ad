// SPDX-License-Identifier: Apache-2.0
#include "cel/program.h"

#include <utility>

#include "cel/check.h"
#include "cel/eval.h"
#include "cel/parse.h"
#include "cel/prepared.h"

namespace tripline::cel {

std::expected<Program, std::vector<Mistake>> Program::compile(std::shared_ptr<const Environment> environment,
                                                              std::string_view text) {
  auto tree = parse(text);
  if (!tree) return std::unexpected(std::vector{std::move(tree).error()});
  auto checked = check(**tree, *environment);
  if (!checked) return std::unexpected(std::move(checked).error());
  prepare(**tree);
  Program out;
  out.environment_ = std::move(environment);
  out.tree_ = *std::move(tree);
  out.type_ = std::move(checked->type);
  out.slots_ = checked->slots;
  out.variables_ = std::move(checked->variables);
  return out;
}

Outcome Program::evaluate(std::span<const std::optional<Value>> variables, Budget budget) const {
  Frame frame(budget, variables, slots_);
  return cel::evaluate(frame, *tree_);
}

}  // namespace tripline::cel
