// SPDX-License-Identifier: Apache-2.0
// SharedText: a text that never changes and that its copies share, so that a process can have thousands of children
// with arguments as long as its own. Texts can be counted: a TextSum tells how many bytes of those made with it still
// are somewhere.
#pragma once

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <memory>
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
  SharedText(std::string_view text, const TextSum& sum) : size_(text.size()) {
    if (text.empty()) return;
    if (sum == nullptr) {
      const auto bytes = std::make_shared_for_overwrite<char[]>(text.size());
      std::ranges::copy(text, bytes.get());
      bytes_ = bytes;
      return;
    }
    auto bytes = std::make_unique_for_overwrite<char[]>(text.size());
    std::ranges::copy(text, bytes.get());
    sum->fetch_add(text.size(), std::memory_order_relaxed);
    bytes_ = {bytes.release(), [sum, size = text.size()](const char* ending) {
                sum->fetch_sub(size, std::memory_order_relaxed);
                delete[] ending;
              }};
  }

  operator std::string_view() const {  // NOLINT(google-explicit-constructor): as std::string has
    return {bytes_.get(), size_};
  }
  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  template <std::convertible_to<std::string_view> T>
  bool operator==(const T& other) const {
    return std::string_view(*this) == std::string_view(other);
  }

 private:
  std::shared_ptr<const char[]> bytes_;
  size_t size_ = 0;
};

}  // namespace tripline
