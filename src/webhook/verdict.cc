// SPDX-License-Identifier: Apache-2.0
#include "webhook/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "admission/admission.h"

namespace tripline::webhook {
namespace {

constexpr size_t kMostWarnings = 10;

// As `check` prints them.
std::string errors_of(const Admission& admission) {
  std::string out;
  for (const Diagnostic& each : admission.diagnostics.all())
    if (each.severity == Severity::kError) out += render(admission.source, each);
  if (admission.diagnostics.dropped() > 0)
    out += fmt::format("{}: {} more messages are not shown\n", admission.source.name,
                       admission.diagnostics.dropped());
  return out;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

bool has_kernel_hooks(const policy::Spec& spec) {
  return !spec.kprobes.empty() || !spec.fentries.empty() || !spec.tracepoints.empty() ||
         !spec.lsm_hooks.empty() || spec.loader.value;
}

// What some kernels say alike.
struct Said {
  std::string errors;
  std::string kernels;
};

void add(std::vector<Said>& said, std::string errors, const NamedKernel& kernel) {
  const std::string name = fmt::format("{} ({})", kernel.name, kernel.kernel->release);
  const auto same = std::ranges::find(said, errors, &Said::errors);
  if (same == said.end()) {
    said.push_back({std::move(errors), name});
  } else {
    same->kernels += ", " + name;
  }
}

}  // namespace

Verdict judge(const Source& source, std::span<const NamedKernel> kernels) {
  Document document = parse_document(source);
  Verdict out;
  if (!document.policy || document.diagnostics.has_errors()) {
    document.diagnostics.sort();
    return {.allowed = false, .refusal = errors_of({document.source, document.diagnostics, nullptr})};
  }
  policy::Spec& spec = document.policy->spec;
  const bool has_files = !spec.uprobes.empty() || !spec.usdts.empty();
  if (has_files) {
    out.warnings.emplace_back("hooks on programs and libraries were not checked: only a node has the files");
    spec.uprobes.clear();
    spec.usdts.clear();
    if (!has_kernel_hooks(spec)) return out;
  }
  if (kernels.empty()) {
    out.warnings.emplace_back("the policy was not checked against a kernel: the webhook has none");
    return out;
  }
  std::vector<Said> refusals;
  std::set<std::string> warned;
  size_t refused = 0;
  for (const NamedKernel& kernel : kernels) {
    const Admission admission =
        admit(document, *kernel.kernel, {.check = {.parents_map = true}, .root = {}, .lint = !has_files});
    for (const Diagnostic& each : admission.diagnostics.all()) {
      if (each.severity != Severity::kWarning || out.warnings.size() >= kMostWarnings) continue;
      std::string line = first_line(render(admission.source, each));
      if (warned.insert(line).second) out.warnings.push_back(std::move(line));
    }
    if (admission.policy) continue;
    ++refused;
    add(refusals, errors_of(admission), kernel);
  }
  if (refused == 0) return out;
  const bool is_for_all = !spec.node_selector.has_value();
  out.allowed = !is_for_all && refused < kernels.size();
  if (out.allowed) {
    for (const Said& said : refusals)
      out.warnings.insert(out.warnings.begin(),
                          fmt::format("refused by {}: {}", said.kernels, first_line(said.errors)));
    return out;
  }
  // One text of all kernels is what `check` prints.
  const bool all_alike = refusals.size() == 1 && refused == kernels.size();
  for (const Said& said : refusals)
    out.refusal += (all_alike ? "" : "refused by " + said.kernels + ":\n") + said.errors;
  return out;
}

}  // namespace tripline::webhook
