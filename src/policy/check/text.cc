// SPDX-License-Identifier: Apache-2.0
// Filters on what is text: paths, strings, bytes; and on the types of files.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "policy/check/check.h"
#include "policy/meaning.h"
#include "policy/words.h"

namespace tripline::policy {
namespace {

constexpr size_t kLongestPath = 4095;  // bytes of a path that an event can show
constexpr size_t kLongestText = 4096;
constexpr size_t kLongestBuffer = 4095;
constexpr size_t kLongestUnixName = 108;
constexpr size_t kLongestInterface = 15;  // bytes of the name of a network interface

bool is_postfix(TextOp op) { return op == TextOp::kPostfix || op == TextOp::kNotPostfix; }
bool is_equality(TextOp op) { return op == TextOp::kEqual || op == TextOp::kNotEqual; }

// What a filter on values of this type compares with: without the NULs at the end that the value cannot have.
std::string value_of(const ArgCheck& check, const Text& text, TextOp op) {
  std::string value = text.value;
  const bool stripped =
      is_postfix(op) ? check.type != ArgType::kCharBuf : is_equality(op) && check.type == ArgType::kString;
  if (stripped) value.erase(value.find_last_not_of('\0') + 1);
  if (is_postfix(op) && value.empty()) {
    check.checking.out.error(text.span, "this postfix is empty", "at least one byte");
  }
  if (op == TextOp::kSubStringIgnCase) {
    for (char& each : value) {
      if (each >= 'A' && each <= 'Z') each = static_cast<char>(each - 'A' + 'a');
    }
  }
  return value;
}

template <typename FilterType>
FilterType filter_of(const ArgCheck& check, size_t longest, std::string_view what) {
  Diagnostics& out = check.checking.out;
  FilterType filter{.arg = check.arg,
                    .op = row_with(kTextMeanings, &TextMeaning::word, check.filter.op.value).op,
                    .values = {},
                    .span = check.filter.span};
  const bool bytes = check.type == ArgType::kCharBuf || check.type == ArgType::kSockaddrUn;
  if (check.filter.values.empty()) {
    out.warning(check.filter.op.span, "this filter has no values",
                "at least one " + std::string(what) + " in \"values\"");
  }
  for (const Text& text : check.filter.values) {
    std::string value = value_of(check, text, filter.op);
    if (value.size() > longest) {
      out.warning(text.span, "no " + std::string(what) + " can be as long as this value, which has " +
                                 std::to_string(value.size()) + " bytes");
    } else if (!bytes && value.find('\0') != std::string::npos) {
      out.warning(text.span, "no " + std::string(what) + " contains a NUL byte");
    }
    filter.values.push_back(std::move(value));
  }
  return filter;
}

Filter check_file_type_filter(const ArgCheck& check) {
  Diagnostics& out = check.checking.out;
  FileTypeFilter filter{.arg = check.arg,
                        .negated = check.filter.op.value == Operator::kNotFileType,
                        .types = {},
                        .span = check.filter.span};
  if (check.filter.values.empty()) {
    out.error(check.filter.op.span, "this filter has no values", "at least one file type in \"values\"");
  }
  for (const Text& text : check.filter.values) {
    const auto* const found = std::ranges::find(kFileTypeMeanings, text.value, &FileTypeMeaning::word);
    if (found != kFileTypeMeanings.end()) {
      filter.types.push_back(found->type);
      continue;
    }
    std::vector<std::string_view> names;
    for (const FileTypeMeaning& each : kFileTypeMeanings) names.push_back(each.word);
    out.error(text.span, "unknown file type " + quoted(text.value), listed(names),
              did_you_mean(text.value, names));
  }
  return filter;
}

}  // namespace

std::string_view impossible_path(TextOp op, std::string_view value) {
  const bool whole = is_equality(op);
  const bool prefix = op == TextOp::kPrefix || op == TextOp::kNotPrefix;
  const bool at_end = whole || is_postfix(op);
  if (value.empty()) return {};
  if ((whole || prefix) && !value.starts_with('/')) return "it does not start with a slash";
  if (value.contains("//")) return "it has two slashes in a row";
  if (value.contains("/./") || value.contains("/../") ||
      (at_end && (value.ends_with("/.") || value.ends_with("/.."))))
    return "it has a . or .. component";
  if (at_end && value.size() > 1 && value.ends_with('/')) return "it ends with a slash";
  return {};
}

Filter check_path_filter(const ArgCheck& check) {
  const Operator op = check.filter.op.value;
  if (op == Operator::kFileType || op == Operator::kNotFileType) return check_file_type_filter(check);
  return filter_of<PathFilter>(check, kLongestPath, "path");
}

Filter check_text_filter(const ArgCheck& check) {
  if (check.type == ArgType::kSockaddrUn)
    return filter_of<TextFilter>(check, kLongestUnixName, "socket name");
  if (check.type == ArgType::kNetDevice)
    return filter_of<TextFilter>(check, kLongestInterface, "interface name");
  const size_t longest = check.type == ArgType::kCharBuf ? kLongestBuffer : kLongestText;
  return filter_of<TextFilter>(check, longest, "text");
}

}  // namespace tripline::policy
