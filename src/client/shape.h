// SPDX-License-Identifier: Apache-2.0
// What may stand in a resource, as a tree of fields. That of policies is made from the tables by which they are parsed.
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
