// SPDX-License-Identifier: Apache-2.0
// SharedText: a text that never changes and that its copies share when it is long, so that a process can have thousands
// of children with arguments as long as its own. Long texts can be counted: a TextSum tells how many bytes of those made
// with it still are somewhere.
#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace tripline {

using TextSum = std::shared_ptr<std::atomic<size_t>>;

class SharedText {
 public:
  static constexpr size_t kLong = 256;  // bytes that are worth sharing

  SharedText() = default;
  // It stands where a std::string could.
  template <typename T>
    requires(!std::same_as<T, SharedText> && std::convertible_to<T, std::string_view>)
  SharedText(const T& text)  // NOLINT(google-explicit-constructor)
      : SharedText(std::string(std::string_view(text)), nullptr) {}
  SharedText(std::string&& text)  // NOLINT(google-explicit-constructor)
      : SharedText(std::move(text), nullptr) {}
  SharedText(std::string&& text, const TextSum& sum) {
    if (text.size() < kLong) {
      short_ = std::move(text);
    } else if (sum == nullptr) {
      long_ = std::make_shared<const std::string>(std::move(text));
    } else {
      sum->fetch_add(text.size(), std::memory_order_relaxed);
      long_ = {new std::string(std::move(text)), [sum](const std::string* ending) {
                 sum->fetch_sub(ending->size(), std::memory_order_relaxed);
                 delete ending;
               }};
    }
  }

  operator std::string_view() const {  // NOLINT(google-explicit-constructor): as std::string has
    return long_ ? *long_ : short_;
  }
  [[nodiscard]] size_t size() const { return std::string_view(*this).size(); }
  [[nodiscard]] bool empty() const { return size() == 0; }
  template <std::convertible_to<std::string_view> T>
  bool operator==(const T& other) const {
    return std::string_view(*this) == std::string_view(other);
  }

 private:
  std::string short_;
  std::shared_ptr<const std::string> long_;
};

}  // namespace tripline
