// SPDX-License-Identifier: Apache-2.0
// A hook's message and tags, which its events show.
#include <string>
#include <string_view>
#include <vector>

#include "policy/check/check.h"
#include "policy/check/escape.h"

namespace tripline::policy {
namespace {

constexpr size_t kShortestText = 2;  // bytes of a message or tag
constexpr size_t kLongestMessage = 256;
constexpr size_t kLongestTag = 128;

}  // namespace

std::string check_message(const Checking& checking, const Text& message) {
  const std::string& text = message.value;
  if (!text.empty() && text.size() < kShortestText) {
    checking.out.error(message.span, "this message is too short", "at least 2 bytes");
  }
  if (text.size() > kLongestMessage) {
    checking.out.warning(message.span, "this message has " + std::to_string(text.size()) +
                                           " bytes and is truncated to " + std::to_string(kLongestMessage));
  }
  return escape(std::string_view(text).substr(0, kLongestMessage));
}

std::vector<std::string> check_tags(const Checking& checking, const TextList& tags) {
  std::vector<std::string> out;
  for (const Text& tag : tags) {
    if (tag.value.size() < kShortestText) {
      checking.out.error(tag.span, "this tag is too short", "at least 2 bytes");
    } else if (tag.value.size() > kLongestTag) {
      checking.out.warning(tag.span, "this tag has " + std::to_string(tag.value.size()) +
                                         " bytes and is truncated to " + std::to_string(kLongestTag));
    }
    out.push_back(escape(std::string_view(tag.value).substr(0, kLongestTag)));
  }
  return out;
}

}  // namespace tripline::policy
