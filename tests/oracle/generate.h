// SPDX-License-Identifier: Apache-2.0
// Policies and values to hold the compiler against the oracle with: random ones from a seed, and all small ones. Values
// of filters and arguments come from one small pool, and from near misses of what is in it, so that matches, and
// calls that only just do not match, are frequent.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "oracle/oracle.h"
#include "policy/checked.h"

namespace tripline::oracle {

// Gives the same numbers for the same seed, everywhere.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  uint32_t below(size_t end) { return static_cast<uint32_t>(engine_() % end); }
  bool chance(uint32_t percent) { return below(100) < percent; }
  template <typename T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }

 private:
  std::mt19937_64 engine_;
};

// The hooked function: the type of each of its parameters.
struct Shape {
  std::string function;
  Attachment attachment = Attachment::kTracingRaw;
  std::vector<ArgType> parameters;
  uint32_t size_parameter = 0;  // where the length of those of type char_buf is
  bool of_syscall = false;      // they are those of a system call, whose registers the function is given
};

struct Pool {
  std::vector<std::string> paths;  // absolute, no component longer than 255 bytes, none of them "." or ".."
  std::vector<int32_t> numbers;
};

// No path of the pool is longer than `longest`.
[[nodiscard]] Pool random_pool(Random& random, size_t longest);

// How large a policy may become.
struct Size {
  uint32_t sections = 2;
  uint32_t selectors = 6;
  uint32_t filters = 4;
  uint32_t values = 4;
  uint32_t unfiltered = 5;  // percent of selectors that have no filter at all
  bool sharp = false;  // every selector can be refuted by a look at names: no Not operators, few odd values
};

[[nodiscard]] CheckedPolicy random_policy(Random& random, const Shape& shape, const Pool& pool,
                                          const Size& size);

// Every selector of one filter over these paths and numbers, with each operator.
[[nodiscard]] std::vector<CheckedSelector> single_filters(const std::vector<CheckedArg>& args,
                                                          const std::vector<std::string>& paths,
                                                          const std::vector<int32_t>& numbers);

// One section that looks at every parameter once, in order.
[[nodiscard]] CheckedHook plain_section(const Shape& shape, std::vector<CheckedSelector> selectors);

// The policy as text, for the report of a failure.
[[nodiscard]] std::string describe(const CheckedPolicy& policy);

// Text with every byte that is not plain written as \xNN, cut in the middle when it is long.
[[nodiscard]] std::string shown(const std::string& bytes);

}  // namespace tripline::oracle
