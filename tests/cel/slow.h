// SPDX-License-Identifier: Apache-2.0
// A second evaluator, for random expressions: it makes one out of bytes and says what it is worth, without parsing or
// checking anything, by the plainest means. It shares no code with the engine. THIS CODE IS SLOW ON PURPOSE AND BELONGS
// TO TESTS.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace tripline::cel::slow {

struct Sample {
  std::string text;
  std::string worth;  // as the engine prints it; "error" when there is no value
};

[[nodiscard]] Sample sample(std::span<const uint8_t> bytes);

}  // namespace tripline::cel::slow
