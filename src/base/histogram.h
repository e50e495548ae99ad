// SPDX-License-Identifier: Apache-2.0
// How often values were how large. The bounds rise and outlive the histogram.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tripline {

struct Histogram {
  explicit Histogram(std::span<const double> to) : bounds(to), counts(to.size() + 1) {}

  void add(double value) {
    ++counts[static_cast<size_t>(std::ranges::lower_bound(bounds, value) - bounds.begin())];
    sum += value;
  }

  std::span<const double> bounds;
  std::vector<uint64_t>
      counts;  // of values up to each bound and beyond the one before; at last of those beyond all
  double sum = 0;
};

}  // namespace tripline
