// SPDX-License-Identifier: Apache-2.0
// The file of a policy that survives a restart: a JSON object with the text that a client sent and whether the
// policy is enabled. Format and error messages are Tetragon's, whose files these may also be.
//
// Unknown members are ignored, and missing ones are empty or false: other versions wrote other files.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "agent/policy_id.h"

namespace tripline {

struct PolicyRecord {
  std::string yaml;
  bool enabled = false;
  bool operator==(const PolicyRecord&) const = default;
};

[[nodiscard]] std::string record_text(const PolicyRecord& record);
// The error is for people.
[[nodiscard]] std::expected<PolicyRecord, std::string> read_record(std::string_view text);

// "NAME:NAMESPACE:DOMAIN.json", and back; absent when it has not the three parts.
[[nodiscard]] std::string record_file(const PolicyName& name);
[[nodiscard]] std::optional<PolicyName> named_by(std::string_view record_file);

}  // namespace tripline
