// SPDX-License-Identifier: Apache-2.0
#include "main/policies.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/diagnostics.h"
#include "base/result.h"
#include "base/source.h"
#include "main/input.h"
#include "policy/policy.h"

namespace tripline {

std::optional<std::vector<Document>> read_documents(const std::vector<std::string>& paths) {
  std::vector<Document> out;
  for (const std::string& path : paths) {
    // One byte more than a document may have: enough for parse to say so, whatever the size of the file.
    if (Result<std::string> text = read_file(path, kLargestDocument + 1)) {
      out.push_back(parse_document({path, std::move(*text)}));
    } else {
      fmt::print(stderr, "tripline: {}\n", text.error().text());
    }
  }
  if (out.size() != paths.size()) return std::nullopt;
  return out;
}

std::optional<std::vector<std::shared_ptr<const CheckedPolicy>>> admit_all(std::vector<Document> documents,
                                                                           const Kernel& kernel,
                                                                           const AdmissionOptions& options) {
  std::vector<std::shared_ptr<const CheckedPolicy>> policies;
  for (Document& document : documents) {
    const Admission admitted = admit(std::move(document), kernel, options);
    for (const Diagnostic& diagnostic : admitted.diagnostics.all()) {
      fmt::print(stderr, "{}", render(admitted.source, diagnostic));
    }
    policies.push_back(admitted.policy);
  }
  if (std::ranges::find(policies, nullptr) != policies.end()) return {};
  return policies;
}

std::optional<std::vector<std::shared_ptr<const CheckedPolicy>>> load_policies(
    const std::vector<std::string>& paths, const Kernel& kernel, const AdmissionOptions& options) {
  auto documents = read_documents(paths);
  if (!documents) return {};
  return admit_all(*std::move(documents), kernel, options);
}

}  // namespace tripline
