// SPDX-License-Identifier: Apache-2.0
#include "compile/condition/bytes.h"

#include <functional>
#include <utility>
#include <vector>

namespace tripline {
namespace {

// Below this many choices a chain of comparisons beats a search.
constexpr size_t kChainMax = 3;

}  // namespace

using enum ir::Compare;
using ir::Value;
using ir::Width;

void test_bytes(Builder& builder, Value base, uint32_t offset, std::string_view text, Label other) {
  size_t at = 0;
  for (const Width width : {Width::k8, Width::k4, Width::k2, Width::k1}) {
    const auto size = static_cast<size_t>(width);
    for (; text.size() - at >= size; at += size) {
      uint64_t expected = 0;
      for (size_t n = size; n-- > 0;) expected = (expected << 8) | static_cast<uint8_t>(text[at + n]);
      const Value have = builder.load(base, offset + static_cast<uint32_t>(at), width, "bytes");
      builder.branch_if(kNotEqual, Width::k8, have, static_cast<int64_t>(expected), other);
    }
  }
}

void search_value(Builder& builder, Width width, Value value, const std::map<uint64_t, Label>& choices,
                  Label no) {
  std::vector<std::pair<uint64_t, Label>> sorted(choices.begin(), choices.end());
  std::function<void(size_t, size_t)> narrow = [&](size_t from, size_t to) {
    if (to - from <= kChainMax) {
      for (size_t n = from; n < to; ++n) {
        const auto key = static_cast<int64_t>(sorted[n].first);
        if (n + 1 == to) {
          builder.branch(kEqual, width, value, key, sorted[n].second, no);
        } else {
          builder.branch_if(kEqual, width, value, key, sorted[n].second);
        }
      }
      return;
    }
    const size_t middle = from + (to - from) / 2;
    const Label low = builder.label("low");
    const Label high = builder.label("high");
    builder.branch(kLess, width, value, static_cast<int64_t>(sorted[middle].first), low, high);
    builder.place(low);
    narrow(from, middle);
    builder.place(high);
    narrow(middle, to);
  };
  narrow(0, sorted.size());
}

}  // namespace tripline
