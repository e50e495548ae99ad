// SPDX-License-Identifier: Apache-2.0
// The fields of a resource, as a tree. Those of policies come from the tables that parse them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tripline {

struct Shape {
  std::string name;
  std::string type;  // "string", "object", ...; of a list, of its elements
  bool is_list = false;
  bool required = false;
  std::vector<Shape> fields;  // of an object, by name
};

struct Resource {
  std::string_view kind;
  std::string_view short_name;
  Shape shape;
};

[[nodiscard]] std::vector<Resource> resources();

}  // namespace tripline
