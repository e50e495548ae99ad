// SPDX-License-Identifier: Apache-2.0
#include "kube/base64.h"

#include <gtest/gtest.h>

namespace tripline::kube {
namespace {

TEST(Base64, ThereAndBack) {
  EXPECT_EQ(to_base64("user:pass"), "dXNlcjpwYXNz");
  EXPECT_EQ(from_base64("dXNl\ncjpw\r\nYXNz"), "user:pass");
  std::string bytes;
  for (int n = 0; n < 300; ++n) {
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
    bytes += static_cast<char>(n);
  }
}

TEST(Base64, RefusesWhatIsNone) {
  for (const char* text : {"a", "ab=c", "a===", "ab*=", "YQ", "Y Q=="})
    EXPECT_FALSE(from_base64(text)) << text;
  EXPECT_EQ(from_base64(""), "");
}

}  // namespace
}  // namespace tripline::kube
