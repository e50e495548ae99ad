// SPDX-License-Identifier: Apache-2.0
// Splits data that arrives piece by piece from the API server into texts that are one object each: the lines of a
// watch, and the members of `items` of a list. At most one object is held, and one of more than `longest` bytes is
// an error: a list of policies can be larger than the agent's memory.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace tripline::kube {

// Is called with each object; false: enough.
using TakeText = std::function<bool(std::string_view)>;

class Lines {
 public:
  explicit Lines(size_t longest) : longest_(longest) {}

  // False when a line is too long, or `take` has had enough. Empty lines are passed over.
  [[nodiscard]] bool add(std::string_view piece, const TakeText& take);
  // A line has begun that has not ended.
  [[nodiscard]] bool is_cut() const { return !line_.empty(); }
  [[nodiscard]] bool is_too_long() const { return line_.size() > longest_; }

 private:
  size_t longest_;
  std::string line_;
};

class Items {
 public:
  explicit Items(size_t longest) : longest_(longest) {}

  // False when an object, or what is around the objects, is too long, or `take` has had enough. Text that is no JSON is
  // cut somehow.
  [[nodiscard]] bool add(std::string_view piece, const TakeText& take);
  // The list without its items: `{"kind":"PodList","metadata":{...},"items":[]}`.
  [[nodiscard]] const std::string& envelope() const { return envelope_; }
  [[nodiscard]] bool is_too_long() const { return too_long_; }

 private:
  [[nodiscard]] bool take_byte(char c, const TakeText& take);
  void follow(char c);

  size_t longest_;
  std::string envelope_;
  std::string item_;
  std::string key_;  // the last text of the outermost object
  size_t depth_ = 0;
  bool in_text_ = false;
  bool escaped_ = false;
  bool in_items_ = false;
  bool too_long_ = false;
};

}  // namespace tripline::kube
