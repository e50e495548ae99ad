// SPDX-License-Identifier: Apache-2.0
// SharedText: a text that never changes and that its copies share, so that a process can have thousands of children
// with arguments as long as its own. Texts can be counted: a TextSum tells how many bytes of those made with it still
// are somewhere.
#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace tripline {

using TextSum = std::shared_ptr<std::atomic<size_t>>;

class SharedText {
 public:
  SharedText() = default;
  // It stands where a std::string could.
  template <typename T>
    requires(!std::same_as<T, SharedText> && std::convertible_to<T, std::string_view>)
  SharedText(const T& text)  // NOLINT(google-explicit-constructor)
      : SharedText(std::string_view(text), nullptr) {}
  SharedText(std::string_view text, const TextSum& sum) {
    if (text.empty()) return;
    if (sum == nullptr) {
      text_ = std::make_shared<const std::string>(text);
      return;
    }
    sum->fetch_add(text.size(), std::memory_order_relaxed);
    text_ = {new std::string(text), [sum](const std::string* ending) {
               sum->fetch_sub(ending->size(), std::memory_order_relaxed);
               delete ending;
             }};
  }

  operator std::string_view() const {  // NOLINT(google-explicit-constructor): as std::string has
    return text_ ? std::string_view(*text_) : std::string_view();
  }
  [[nodiscard]] size_t size() const { return text_ ? text_->size() : 0; }
  [[nodiscard]] bool empty() const { return text_ == nullptr; }
  template <std::convertible_to<std::string_view> T>
  bool operator==(const T& other) const {
    return std::string_view(*this) == std::string_view(other);
  }

 private:
  std::shared_ptr<const std::string> text_;
};

}  // namespace tripline
