// SPDX-License-Identifier: Apache-2.0
#include "base/program_pages.h"

#include <gtest/gtest.h>

#include <array>
#include <fstream>

namespace tripline {
namespace {

constexpr size_t kPages = 256;
constexpr size_t kPage = 4096;

// Constants that nothing else is with: pages of their own, in the middle.
struct Constants {
  std::array<char, kPages * kPage> bytes;
};
constexpr Constants make_constants() {
  Constants out{};
  for (size_t page = 0; page < kPages; ++page) out.bytes[page * kPage] = static_cast<char>(page % 100);
  return out;
}
constexpr Constants kConstants = make_constants();

size_t read_all() {
  size_t sum = 0;
  for (size_t page = 0; page < kPages; ++page)
    sum += static_cast<size_t>(*static_cast<const volatile char*>(&kConstants.bytes[page * kPage]));
  return sum;
}

// Pages of files that are in memory here.
size_t resident() {
  std::ifstream file("/proc/self/statm");
  size_t size = 0, all = 0, of_files = 0;
  file >> size >> all >> of_files;
  return of_files;
}

TEST(ProgramPages, GoAndComeBack) {
  const size_t sum = read_all();
  const size_t before = resident();
  give_back_program_pages();
  const size_t gone = resident();
  EXPECT_LE(gone + kPages / 2, before);
  EXPECT_EQ(read_all(), sum);
  EXPECT_GE(resident(), gone + kPages / 2);
}

}  // namespace
}  // namespace tripline
