// SPDX-License-Identifier: Apache-2.0
// `explain`: a resource or one of its fields, described without a cluster.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace tripline::client {

struct ExplainOptions {
  std::string output = "text";  // text, json, yaml
  std::string api_version;      // empty: the only one
  bool recursive = false;
  bool example = false;
};

// `path`: a kind or its short name in any case, and fields behind dots. The error is a sentence.
[[nodiscard]] std::expected<std::string, std::string> explain(std::string_view path,
                                                              const ExplainOptions& options);

[[nodiscard]] std::string resource_list();

}  // namespace tripline::client
