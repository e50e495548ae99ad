// SPDX-License-Identifier: Apache-2.0
#include "filter/redact.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/utf8.h"

namespace tripline {
namespace {

constexpr std::string_view kStars = "*****";
constexpr size_t kGrowthMost = 64 << 10;        // bytes that stars may add to a text
constexpr size_t kWorkMost = size_t{32} << 20;  // bytes that are searched for one text and expression

// `text` with its secrets hidden; nothing when that is too much work.
std::optional<std::string> hidden(const Regex& secret, const std::string& text) {
  std::string out;
  std::vector<Regex::Part> parts;
  size_t done = 0;  // of the text, in `out`
  size_t work = 0;
  size_t before = std::string::npos;  // the end of the match before
  for (size_t at = 0; at <= text.size();) {
    work += text.size() - at + 1;
    if (work > kWorkMost || out.size() > text.size() + kGrowthMost) return std::nullopt;
    if (!secret.find(text, at, parts)) break;
    const Regex::Part whole = parts.front();
    // As Go does: none that is empty right behind another, and on by a character behind an empty one.
    const bool counts = whole.begin != whole.end || whole.begin != before;
    before = whole.end;
    at = whole.end;
    if (whole.begin == whole.end)
      at += at < text.size() ? std::max<size_t>(first_character(std::string_view(text).substr(at)).length, 1)
                             : 1;
    if (!counts) continue;
    for (size_t group = 1; group < parts.size(); group++) {
      const auto [begin, end] = parts[group];
      if (begin > end || begin < done) continue;
      out.append(text, done, begin - done);
      out += kStars;
      done = end;
    }
  }
  out.append(text, done);
  return out;
}

}  // namespace

std::expected<Redactor, std::string> Redactor::compile(const std::vector<RedactionRule>& rules) {
  size_t count = 0;
  for (const RedactionRule& rule : rules) count += rule.binary_regex.size() + rule.redact.size();
  Redactor out;
  for (const RedactionRule& rule : rules) {
    auto binaries = compile_all(rule.binary_regex, memory_of_each(count));
    if (!binaries) return std::unexpected(binaries.error());
    auto secrets = compile_all(rule.redact, memory_of_each(count));
    if (!secrets) return std::unexpected(secrets.error());
    std::erase_if(*secrets, [](const Regex& secret) { return secret.groups() == 0; });
    if (!secrets->empty()) out.rules_.push_back({*std::move(binaries), *std::move(secrets)});
  }
  return out;
}

std::string Redactor::hide(const Rule& rule, std::string text) {
  for (const Regex& secret : rule.secrets) {
    std::optional<std::string> next = hidden(secret, text);
    if (!next) return std::string(kStars);
    text = *std::move(next);
  }
  return text;
}

void Redactor::redact(std::string_view binary, std::string& arguments, std::string& environment) const {
  for (const Rule& rule : rules_) {
    if (!rule.binaries.empty() && !any_is_in(rule.binaries, binary)) continue;
    arguments = hide(rule, std::move(arguments));
    std::string variables;
    for (std::string_view rest = environment; !rest.empty();) {
      const size_t end = std::min(rest.find('\0'), rest.size());
      variables += hide(rule, std::string(rest.substr(0, end)));
      variables += '\0';
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    environment = std::move(variables);
  }
}

}  // namespace tripline
