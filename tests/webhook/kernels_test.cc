// SPDX-License-Identifier: Apache-2.0
#include "webhook/kernels.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace tripline::webhook {
namespace {

namespace fs = std::filesystem;

std::string names(Kernels& kernels) {
  std::string out;
  for (const NamedKernel& each : kernels.all()) out += each.name + " ";
  return out;
}

TEST(Kernels, FilesComeChangeAndGo) {
  const fs::path folder = fs::path(testing::TempDir()) / "kernels_test";
  fs::remove_all(folder);
  fs::create_directories(folder);
  int errors = 0;
  Kernels kernels({folder}, [&](const LogLine& line) { errors += line.level == LogLevel::kError; });
  EXPECT_EQ(names(kernels), "");
  const fs::path saved = TRIPLINE_TEST_DATA "/kernels/debian-5.10.kernel";
  fs::copy_file(saved, folder / "b.kernel");
  std::ofstream(folder / "damaged") << "tripline";
  std::ofstream(folder / ".hidden") << "tripline";
  EXPECT_EQ(names(kernels), "b ");
  EXPECT_EQ(names(kernels), "b ");
  EXPECT_EQ(errors, 1);  // said once
  fs::copy_file(saved, folder / "a");
  EXPECT_EQ(names(kernels), "a b ");
  fs::copy_file(saved, folder / "new");
  fs::rename(folder / "new", folder / "damaged");
  EXPECT_EQ(names(kernels), "a b damaged ");
  fs::remove(folder / "b.kernel");
  EXPECT_EQ(names(kernels), "a damaged ");
  fs::remove_all(folder);
  EXPECT_EQ(names(kernels), "");
}

}  // namespace
}  // namespace tripline::webhook
