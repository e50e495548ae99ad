// SPDX-License-Identifier: Apache-2.0
#include "kube/failure.h"

#include <gtest/gtest.h>

namespace tripline::kube {
namespace {

TEST(Failure, OfAStatusObject) {
  const Failure failure = refusal_of(
      429, R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too\nmany",)"
           R"("reason":"TooManyRequests","details":{"retryAfterSeconds":3},"code":429})");
  EXPECT_EQ(failure.text(), "429 TooManyRequests: too many");
  EXPECT_TRUE(failure.is(429));
  EXPECT_FALSE(failure.is(404));
  EXPECT_EQ(failure.retry_after, std::chrono::seconds(3));
}

TEST(Failure, OfAnythingElse) {
  const Failure failure = refusal_of(404, "404 page not found\n");
  EXPECT_EQ(failure.text(), "404: 404 page not found");
  EXPECT_TRUE(failure.is(404));
  EXPECT_TRUE(failure.reason.empty());
  EXPECT_EQ(refusal_of(500, "").text(), "500");
  EXPECT_EQ(refusal_of(502, "\x1b[31m" + std::string(5000, 'x')).message.size(), 1024U);
}

}  // namespace
}  // namespace tripline::kube
