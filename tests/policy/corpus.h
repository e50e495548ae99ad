// SPDX-License-Identifier: Apache-2.0
// Reading tests/corpus, and what the tests of this room do with a document.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "policy/checked.h"
#include "policy/policy.h"

namespace tripline {

// `path` is relative to tests/corpus.
[[nodiscard]] Source read_document(const std::string& path);

// The *.yaml below `folder`, relative to tests/corpus, sorted.
[[nodiscard]] std::vector<std::string> documents_in(const std::string& folder);

// The lines of a table: fields between tabs; lines that begin with '#' are left out.
[[nodiscard]] std::vector<std::vector<std::string>> read_table(const std::string& path);

// What parse(), and check() against the tiny kernel and its files if that went well, say about a document.
struct Verdict {
  std::optional<Policy> policy;
  std::optional<CheckedPolicy> checked;
  Diagnostics diagnostics;
  std::string text;  // all of them, rendered
};
[[nodiscard]] Verdict judge(const Source& source, const CheckOptions& options = {});
// Against another kernel.
[[nodiscard]] Verdict judge(const Source& source, const Kernel& kernel);

// A policy that holds `spec` (indented by two blanks) and is right otherwise.
[[nodiscard]] Source policy_with(std::string_view spec);

// The messages of a verdict, one a line: `LINE:COLUMN severity: message`.
[[nodiscard]] std::string messages(const Diagnostics& diagnostics);

}  // namespace tripline
