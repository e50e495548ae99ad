// SPDX-License-Identifier: Apache-2.0
// The saved kernels of tests/corpus/kernels, each read at most once.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "kernel/kernel.h"

namespace tripline::test {

inline constexpr const char* kSavedKernels[] = {"debian-5.10", "debian-6.1",  "debian-6.12",
                                                "debian-7.3",  "inject-6.12", "restricted-6.18"};

inline std::string saved_path(const std::string& name) {
  return std::string(TRIPLINE_TEST_DATA) + "/kernels/" + name + ".kernel";
}

inline const Kernel& saved(const std::string& name) {
  static std::map<std::string, Result<Kernel>> kernels;
  auto at = kernels.find(name);
  if (at == kernels.end()) at = kernels.emplace(name, read_kernel_file(saved_path(name))).first;
  static const Kernel nothing;
  EXPECT_TRUE(at->second) << at->second.error().text();
  return at->second ? *at->second : nothing;
}

}  // namespace tripline::test
