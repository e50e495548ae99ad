// SPDX-License-Identifier: Apache-2.0
#include "kube/items.h"

namespace tripline::kube {
namespace {

constexpr size_t kLongestEnvelope = size_t{64} << 10;
constexpr size_t kItemsDepth = 2;  // inside the list, inside `items`

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

}  // namespace

bool Lines::add(std::string_view piece, const TakeText& take) {
  while (!piece.empty()) {
    const size_t end = piece.find('\n');
    const std::string_view part = piece.substr(0, end);
    if (line_.size() + part.size() > longest_) {
      line_.append(part.substr(0, longest_ + 1 - line_.size()));
      return false;
    }
    if (end == std::string_view::npos) {
      line_.append(part);
      return true;
    }
    piece.remove_prefix(end + 1);
    if (line_.empty()) {
      if (!part.empty() && !take(part)) return false;
      continue;
    }
    line_.append(part);
    const bool more = take(line_);
    line_.clear();
    if (!more) return false;
  }
  return true;
}

bool Items::add(std::string_view piece, const TakeText& take) {
  for (const char c : piece) {
    if (!take_byte(c, take)) return false;
  }
  return true;
}

// Texts and brackets.
void Items::follow(char c) {
  if (in_text_) {
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\') {
      escaped_ = true;
    } else if (c == '"') {
      in_text_ = false;
    } else if (depth_ == 1 && key_.size() < sizeof("items")) {
      key_ += c;
    }
    return;
  }
  if (c == '"') {
    in_text_ = true;
    if (depth_ == 1) key_.clear();
  } else if (c == '{' || c == '[') {
    ++depth_;
  } else if ((c == '}' || c == ']') && depth_ > 0) {
    --depth_;
  }
}

bool Items::take_byte(char c, const TakeText& take) {
  const bool was_text = in_text_;
  follow(c);
  if (in_items_) {
    if (depth_ < kItemsDepth) {  // the bracket that ends it
      in_items_ = false;
    } else if (depth_ == kItemsDepth && !was_text && !in_text_ && (c == ',' || is_space(c))) {
      return true;  // between two
    } else {
      item_ += c;
      if (item_.size() > longest_) {
        too_long_ = true;
        return false;
      }
      if (depth_ > kItemsDepth || was_text || in_text_ || c != '}') return true;
      const bool more = take(item_);
      item_.clear();
      return more;
    }
  }
  envelope_ += c;
  if (envelope_.size() > kLongestEnvelope) {
    too_long_ = true;
    return false;
  }
  if (c == '[' && !was_text && depth_ == kItemsDepth && key_ == "items") in_items_ = true;
  return true;
}

}  // namespace tripline::kube
