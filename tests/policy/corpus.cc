// SPDX-License-Identifier: Apache-2.0
#include "policy/corpus.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "policy/tiny_files.h"
#include "policy/tiny_kernel.h"

namespace tripline {
namespace {

const std::filesystem::path kCorpus = TRIPLINE_TEST_DATA;

std::string read_file(const std::string& path) {
  std::ifstream file(kCorpus / path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

Source read_document(const std::string& path) {
  return {std::filesystem::path(path).filename().string(), read_file(path)};
}

std::vector<std::string> documents_in(const std::string& folder) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kCorpus / folder)) {
    if (entry.path().extension() == ".yaml") out.push_back(entry.path().lexically_relative(kCorpus).string());
  }
  std::ranges::sort(out);
  return out;
}

std::vector<std::vector<std::string>> read_table(const std::string& path) {
  std::vector<std::vector<std::string>> out;
  std::istringstream lines(read_file(path));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::vector<std::string>& row = out.emplace_back();
    std::istringstream fields(line);
    for (std::string field; std::getline(fields, field, '\t');) row.push_back(field);
  }
  return out;
}

namespace {

Verdict judge(const Source& source, const Kernel& kernel, const CheckOptions& options) {
  static const Files kFiles = tiny_files();
  Verdict out;
  out.policy = parse(source, out.diagnostics);
  if (out.policy) out.checked = check(*out.policy, kernel, out.diagnostics, options, kFiles);
  out.diagnostics.sort();
  for (const Diagnostic& diagnostic : out.diagnostics.all()) out.text += render(source, diagnostic);
  return out;
}

}  // namespace

Verdict judge(const Source& source, const CheckOptions& options) {
  static const Kernel kTiny = tiny_kernel();
  return judge(source, kTiny, options);
}

Verdict judge(const Source& source, const Kernel& kernel) { return judge(source, kernel, {}); }

Source policy_with(std::string_view spec) {
  return {"p.yaml", "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: p\nspec:\n" +
                        std::string(spec)};
}

std::string messages(const Diagnostics& diagnostics) {
  std::string out;
  for (const Diagnostic& each : diagnostics.all()) {
    out += std::to_string(each.span.line) + ":" + std::to_string(each.span.column) +
           (each.severity == Severity::kError ? " error: " : " warning: ") + each.message + "\n";
  }
  return out;
}

}  // namespace tripline
