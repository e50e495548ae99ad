// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "policy/corpus.h"
#include "policy/policy.h"

namespace tripline {
namespace {

std::string printed(std::string_view spec) {
  Diagnostics diagnostics;
  const auto policy = parse(policy_with(spec), diagnostics);
  EXPECT_TRUE(policy) << messages(diagnostics);
  if (!policy) return {};
  const std::string text = print(*policy);
  const auto again = parse({"again", text}, diagnostics);
  EXPECT_TRUE(again) << messages(diagnostics) << text;
  EXPECT_TRUE(again && *again == *policy) << text;
  return text.substr(text.find("spec:"));
}

TEST(Print, NormalForm) {
  EXPECT_EQ(
      printed(
          "  kprobes: [{args: [{type: sint32, index: 0x1, label: ''}], syscall: no, call: f, tags: []}]\n"),
      "spec:\n"
      "  kprobes:\n"
      "  - call: \"f\"\n"
      "    syscall: false\n"
      "    args:\n"
      "    - index: 1\n"
      "      type: int32\n");
}

TEST(Print, EmptyThings) {
  EXPECT_EQ(printed("  kprobes: []\n"), "spec: {}\n");
  EXPECT_EQ(printed("  podSelector: {}\n  lsmhooks: [{hook: h, selectors: [{}]}]\n"),
            "spec:\n  lsmhooks:\n  - hook: \"h\"\n    selectors:\n    - {}\n  podSelector: {}\n");
  EXPECT_EQ(printed("  enforcers: [{calls: []}]\n"), "spec:\n  enforcers:\n  - calls: []\n");
}

TEST(Print, MapsAndNestedLists) {
  EXPECT_EQ(printed("  selectorsMacros: {b: {}, a: {matchPIDs: [{operator: In, values: [1, 2]}]}}\n"
                    "  nodeSelector: {matchLabels: {'k/e y': v}}\n"),
            "spec:\n"
            "  selectorsMacros:\n"
            "    \"a\":\n"
            "      matchPIDs:\n"
            "      - operator: In\n"
            "        values:\n"
            "        - 1\n"
            "        - 2\n"
            "    \"b\": {}\n"
            "  nodeSelector:\n"
            "    matchLabels:\n"
            "      \"k/e y\": \"v\"\n");
}

TEST(Print, AnyTextSurvives) {
  printed(
      "  kprobes:\n  - call: \"\\0 \\x01 \\x7f \\t \\n \\\" \\\\ \\u0085 \\u00a0 \\u2028 \\ufeff \\uffff "
      "\\U0001f41d # : - ' {}\"\n"
      "    message: ' leading and trailing '\n    tags: ['no', '5', '~', '', '|']\n");
}

TEST(Print, KeepsTheEnvelope) {
  Diagnostics diagnostics;
  const auto policy =
      parse({"p",
             "kind: TracingPolicyNamespaced\nmetadata: {name: a, namespace: b, labels: {c: d}, "
             "annotations: {e: 1}}\nspec: {}\n"},
            diagnostics);
  ASSERT_TRUE(policy);
  EXPECT_EQ(print(*policy),
            "apiVersion: cilium.io/v1alpha1\n"
            "kind: TracingPolicyNamespaced\n"
            "metadata:\n"
            "  name: \"a\"\n"
            "  namespace: \"b\"\n"
            "  labels:\n"
            "    \"c\": \"d\"\n"
            "  annotations:\n"
            "    \"e\": \"1\"\n"
            "spec: {}\n");
}

}  // namespace
}  // namespace tripline
