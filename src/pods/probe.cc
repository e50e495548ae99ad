// SPDX-License-Identifier: Apache-2.0
#include "pods/probe.h"

#include <algorithm>

namespace tripline {
namespace {

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool is_command(const std::vector<std::string>& probe, std::string_view binary,
                std::span<const std::string> arguments) {
  if (probe.empty()) return false;
  // The kernel puts the name of a script before its arguments.
  if (!arguments.empty() && arguments.front() == binary && binary == probe.front())
    arguments = arguments.subspan(1);
  const std::string_view first = probe.front();
  const bool is_first = first.starts_with('/') ? first == binary : base_name(first) == base_name(binary);
  return is_first && std::ranges::equal(std::span(probe).subspan(1), arguments);
}

}  // namespace

std::vector<std::string> split_arguments(std::string_view text) {
  std::vector<std::string> out;
  bool within = false;  // a word
  char quote = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool blank = c == ' ' || c == '\t' || c == '\n';
    if (quote == 0 && blank) {
      within = false;
      continue;
    }
    if (!within) out.emplace_back();
    within = true;
    if (quote != 0 && c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == '\\' && quote != '\'' && at + 1 < text.size()) {
      out.back() += text[++at];
    } else {
      out.back() += c;
    }
  }
  return out;
}

bool may_be_probe(std::span<const std::vector<std::string>> probes, std::string_view binary,
                  std::string_view arguments) {
  if (probes.empty()) return false;
  const std::vector<std::string> words = split_arguments(arguments);
  return std::ranges::any_of(probes, [&](const auto& probe) { return is_command(probe, binary, words); });
}

}  // namespace tripline
