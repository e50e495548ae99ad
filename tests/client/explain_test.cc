// SPDX-License-Identifier: Apache-2.0
#include "client/explain.h"

#include <gtest/gtest.h>

namespace tripline::client {
namespace {

TEST(Explain, AField) {
  EXPECT_EQ(explain("TGTP.spec.options", {}),
            "KIND:     TracingPolicy\nVERSION:  v1alpha1\n\n"
            "FIELD:    options <[]object>\n\n"
            "DESCRIPTION:\n     A list of overloaded options\n\n"
            "FIELDS:\n   name\t<string> -required-\n     Name of the option\n\n"
            "   value\t<string>\n     Value of the option\n\n");
  EXPECT_EQ(explain("tracingpolicy.spec.options[3]", {}), explain("tgtp.spec.options", {}));
  EXPECT_EQ(explain("tgtpn.metadata", {}),
            "KIND:     TracingPolicyNamespaced\nVERSION:  v1alpha1\n\nFIELD:    metadata <object>\n\n");
}

TEST(Explain, OtherFormats) {
  EXPECT_EQ(
      explain("tgtp.spec.options", {.output = "json"}),
      R"({"description":"A list of overloaded options","type":"array","items":{"type":"object","required":["name"],)"
      R"("properties":{"name":{"description":"Name of the option","type":"string"},)"
      R"("value":{"description":"Value of the option","type":"string"}}}})"
      "\n");
  EXPECT_TRUE(
      explain("tgtp.spec.options", {.output = "yaml"})
          ->starts_with("description: A list of overloaded options\nitems:\n  properties:\n    name:\n"));
}

TEST(Explain, Recursive) {
  EXPECT_TRUE(explain("tgtp.spec", {.recursive = true})
                  ->contains("   kprobes\t<[]object>\n      args\t<[]object>\n         btfType\t<string>\n"));
}

TEST(Explain, Refuses) {
  EXPECT_EQ(
      explain("tp.spec", {}).error(),
      "unsupported resource: tp (supported resources: PodInfo, TracingPolicy, TracingPolicyNamespaced, tgpi, "
      "tgtp, tgtpn)");
  EXPECT_TRUE(
      explain("tgtp.spec.nosuch", {})
          .error()
          .starts_with(
              R"(field "nosuch" not found in "tgtp.spec.nosuch" (available fields: containerSelector, enforcers, )"));
  EXPECT_EQ(explain("tgtp", {.api_version = "v2"}).error(), "version v2 not found");
}

}  // namespace
}  // namespace tripline::client
