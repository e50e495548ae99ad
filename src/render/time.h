// SPDX-License-Identifier: Apache-2.0
// Times in events, as text in UTC. All are nanoseconds since 1970.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tripline {

// The text of a time. Every event has several, so it takes no memory of its own.
class TimeText {
 public:
  TimeText(int64_t time, size_t fraction_digits);
  // NOLINTNEXTLINE(google-explicit-constructor): it is text
  operator std::string_view() const { return {bytes_.data(), size_}; }
  // The same second, and so many nanoseconds after its start.
  void set_fraction(uint32_t nanoseconds, size_t digits);
  friend bool operator==(const TimeText& text, std::string_view other) {
    return std::string_view(text) == other;
  }

 private:
  std::array<char, 30> bytes_;
  size_t size_ = 0;
};

// RFC 3339 with as many digits as the fraction needs in steps of three: none, 3, 6 or 9.
[[nodiscard]] TimeText rfc3339(int64_t time);

// RFC 3339 with nine digits always.
[[nodiscard]] TimeText rfc3339_nano(int64_t time);

// rfc3339() of times most of which are of the same second as the one before: then only the fraction is written anew.
class RecentTime {
 public:
  // Good until the next call.
  [[nodiscard]] std::string_view rfc3339(int64_t time);

 private:
  int64_t time_ = 0;
  int64_t second_ = 0;
  TimeText text_{0, 0};
};

}  // namespace tripline
