// SPDX-License-Identifier: Apache-2.0
#include "config/docs.h"

#include <gtest/gtest.h>

namespace tripline::config {
namespace {

TEST(Docs, EveryFlagThatIsShown) {
  const std::string docs = flag_docs();
  EXPECT_TRUE(
      docs.starts_with("options:\n    - name: bpf-dir\n      default_value: 'tetragon'\n      usage: '"));
  EXPECT_TRUE(docs.contains("    - name: debug\n      shorthand: d\n      default_value: 'false'\n"));
  EXPECT_TRUE(docs.contains("    - name: btf\n      usage: 'File with the kernel''s types"));
  EXPECT_FALSE(docs.contains("memprofile"));
}

}  // namespace
}  // namespace tripline::config
