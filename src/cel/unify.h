// SPDX-License-Identifier: Apache-2.0
// Unification of unknown types. A parameter of a function's signature gets a new variable for each call; a variable
// is bound by the first type that must be assignable to it, and to more general ones later.
//
// Types can grow out of all proportion to the expression; a type that is too large counts as dyn.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cel/type.h"

namespace tripline::cel {

class Unifier {
 public:
  Type new_variable();
  // With a new variable for each parameter.
  Signature instantiate(const Signature& signature);

  // Whether values of `from` can be where `to` is wanted; if so, variables are bound that make it true, else none is.
  bool assign(const Type& from, const Type& to);
  bool assign_all(std::span<const Type> from, std::span<const Type> to);

  // With variables replaced by what they are bound to; those that are not are left, or are dyn with `rest_is_dyn`.
  [[nodiscard]] Type resolve(const Type& type, bool rest_is_dyn = false) const;

  // Of elements of one list: the more general one, or dyn.
  Type join(const std::optional<Type>& sofar, const Type& next);

 private:
  using Undo = std::pair<std::string, std::optional<Type>>;

  void bind(const std::string& variable, Type type);
  void undo(size_t mark);
  bool try_assign(const Type& from, const Type& to);
  bool try_all(std::span<const Type> from, std::span<const Type> to);
  // The first: it went well. The second: `variable` was bound before.
  std::pair<bool, bool> substitute(const Type& type, const Type& variable);
  [[nodiscard]] bool occurs(const std::string& variable, const Type& type, int& room) const;
  [[nodiscard]] Type resolve(const Type& type, bool rest_is_dyn, int& room) const;

  std::unordered_map<std::string, Type> bound_;
  std::vector<Undo> log_;
  uint32_t variables_ = 0;
  int64_t work_ = 2'000'000;
};

}  // namespace tripline::cel
