// SPDX-License-Identifier: Apache-2.0
// A document made of objects, lists and scalars, and its texts. Members stand in the order in which they were added.
// Texts in YAML are between quotes, as JSON has them, so that no reader takes one for something else.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tripline::crd {

struct Member;

struct Tree {
  using List = std::vector<Tree>;
  using Object = std::vector<Member>;

  Tree(bool value) : is(value) {}
  Tree(int64_t value) : is(value) {}
  Tree(int value) : is(int64_t{value}) {}
  Tree(std::string value) : is(std::move(value)) {}
  Tree(std::string_view value) : is(std::string(value)) {}
  Tree(const char* value) : is(std::string(value)) {}
  Tree(List value) : is(std::move(value)) {}
  Tree(Object value) : is(std::move(value)) {}

  std::variant<bool, int64_t, std::string, List, Object> is;
};

struct Member {
  std::string key;
  Tree value;
};

// {"a": 1} is Object{{"a", 1}}; this is the same as a Tree, to be put into another.
[[nodiscard]] inline Tree object(std::initializer_list<Member> members) { return Tree::Object(members); }

// The member of that name of an object; null when there is none.
[[nodiscard]] const Tree* member(const Tree& tree, std::string_view key);

// One line without blanks.
[[nodiscard]] std::string json(const Tree& tree);

// Lines, indented by two; ends with a line end.
[[nodiscard]] std::string yaml(const Tree& tree);

}  // namespace tripline::crd
