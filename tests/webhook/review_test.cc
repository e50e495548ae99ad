// SPDX-License-Identifier: Apache-2.0
#include "webhook/review.h"

#include <gtest/gtest.h>

#include "kube/json.h"

namespace tripline::webhook {
namespace {

std::string request(const std::string& operation, const std::string& kind, const std::string& object,
                    const std::string& old = "null") {
  return R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u-1","operation":")" +
         operation + R"(","kind":{"group":"cilium.io","kind":")" + kind + R"("},"object":)" + object +
         R"(,"oldObject":)" + old + "}}";
}
const std::string kObject = R"({"metadata":{"name":"p","namespace":"n"},"spec":{"kprobes":[]}})";

Verdict refuse(const Source& source) {
  return {.allowed = false, .refusal = source.name + " \"no\"\n", .warnings = {std::string(400, 'w')}};
}
Verdict never(const Source&) {
  ADD_FAILURE() << "it was looked at";
  return {};
}

TEST(Review, ARefusalIsTold) {
  const auto reviewed = review(request("CREATE", "TracingPolicyNamespaced", kObject), refuse);
  ASSERT_TRUE(reviewed);
  EXPECT_FALSE(reviewed->allowed);
  const auto answer = kube::read_json(reviewed->answer);
  ASSERT_TRUE(answer) << reviewed->answer;
  const kube::Json& response = answer->at("response");
  EXPECT_EQ(response.at("uid").text, "u-1");
  EXPECT_EQ(response.at("allowed").text, "false");
  EXPECT_EQ(response.at("status").at("message").text, "n/p \"no\"\n");
  ASSERT_EQ(response.at("warnings").items.size(), 1U);
  EXPECT_LE(response.at("warnings").items[0].text.size(), 256U);
}

TEST(Review, TheAgentsDocumentIsWhatIsJudged) {
  const auto judge = [](const Source& source) {
    EXPECT_TRUE(source.loose);
    EXPECT_TRUE(source.text.contains("\n \"kind\": \"TracingPolicy\",\n")) << source.text;
    EXPECT_TRUE(source.text.contains("\"made-00000\"")) << source.text;
    return Verdict{};
  };
  const auto reviewed =
      review(request("CREATE", "TracingPolicy", R"({"metadata":{"generateName":"made-"},"spec":{}})"), judge);
  ASSERT_TRUE(reviewed);
  EXPECT_EQ(reviewed->policy, "made-00000");
}

TEST(Review, WhatChangesNoSpecIsAllowed) {
  EXPECT_TRUE(
      review(request("UPDATE", "TracingPolicy", kObject, R"({"metadata":{},"spec":{"kprobes":[]}})"), never));
  EXPECT_TRUE(review(request("DELETE", "TracingPolicy", "null", kObject), never));
  EXPECT_TRUE(review(request("CREATE", "Pod", kObject), never));
  const auto changed = review(request("UPDATE", "TracingPolicy", kObject, R"({"spec":{}})"), refuse);
  ASSERT_TRUE(changed);
  EXPECT_FALSE(changed->allowed);
}

TEST(Review, GarbageIsNone) {
  const std::string whole = request("CREATE", "TracingPolicy", kObject);
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(review(whole.substr(0, size), never));
  for (const char* text : {"null", "7", "[]", "\"\"", "{\"apiVersion\":\"admission.k8s.io/v1beta1\"}",
                           R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":[1]})"})
    EXPECT_FALSE(review(text, never)) << text;
  EXPECT_FALSE(review(std::string(100'000, '['), never));
}

}  // namespace
}  // namespace tripline::webhook
