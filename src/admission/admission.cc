// SPDX-License-Identifier: Apache-2.0
#include "admission/admission.h"

#include <utility>

#include "policy/lint/lint.h"

namespace tripline {

Document parse_document(Source source) {
  Document out{.source = std::move(source), .diagnostics = {}, .policy = {}};
  out.policy = parse(out.source, out.diagnostics);
  return out;
}

Admission admit(Document document, const Kernel& kernel, const AdmissionOptions& options) {
  Admission out{
      .source = std::move(document.source), .diagnostics = std::move(document.diagnostics), .policy = {}};
  std::optional<CheckedPolicy> checked;
  if (document.policy) {
    const Files files = read_files(*document.policy, options.root);
    checked = check(*document.policy, kernel, out.diagnostics, options.check, files);
  }
  if (checked && options.lint) lint(*checked, kernel, out.diagnostics);
  out.diagnostics.sort();
  if (checked && !out.diagnostics.has_errors())
    out.policy = std::make_shared<const CheckedPolicy>(std::move(*checked));
  return out;
}

}  // namespace tripline
