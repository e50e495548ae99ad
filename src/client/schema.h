// SPDX-License-Identifier: Apache-2.0
// What a resource may hold, as a tree. That of a policy is made from the table that documents are read by
// (policy/parse/schema.h), so no field can be missing here; only the descriptions are written beside it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tripline::client {

struct Schema {
  std::string type;  // string, integer, boolean, object, array
  std::string description;
  std::vector<std::string> words;  // the values of a string that has a fixed set of them
  std::vector<std::string> required;
  std::vector<std::pair<std::string, Schema>> properties;  // sorted by name
  std::shared_ptr<const Schema> items;                     // of an array
};

// <[]object>.
[[nodiscard]] std::string type_text(const Schema& schema);

[[nodiscard]] Schema policy_schema();
[[nodiscard]] Schema pod_info_schema();

}  // namespace tripline::client
