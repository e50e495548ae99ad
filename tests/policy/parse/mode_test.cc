// SPDX-License-Identifier: Apache-2.0
#include "policy/parse/mode.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

TEST(Mode, ItBecomesTheLastOption) {
  EXPECT_EQ(
      with_mode("# note\nkind: TracingPolicy\nspec:\n  options:\n  - name: policy-mode\n    value: enforce\n"
                "  - {name: other, value: \"1\"}\n  - name: policy-mode\n    value: enforce\n  kprobes: []\n",
                "monitor"),
      R"(kind: TracingPolicy
spec:
    kprobes: []
    options:
        - name: other
          value: "1"
        - name: policy-mode
          value: monitor
)");
  EXPECT_EQ(with_mode("spec: {}\n", "enforce"),
            "spec:\n    options:\n        - name: policy-mode\n          value: enforce\n");
}

TEST(Mode, Refuses) {
  EXPECT_EQ(with_mode("spec: {}\n", "wrong").error(), R"(invalid mode: "wrong")");
  for (const char* document : {"", "- a\n", "spec: 5x\n", "spec: {options: x}\n", "a: [\n"})
    EXPECT_FALSE(with_mode(document, "enforce")) << document;
}

}  // namespace
}  // namespace tripline
