// SPDX-License-Identifier: Apache-2.0
#include "render/why.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

std::shared_ptr<const Reason> reason(uint32_t selector, std::vector<HeldFilter> held) {
  return std::make_shared<const Reason>(Reason{.file = "p.yaml",
                                               .line = 9,
                                               .selector = selector,
                                               .label = "",
                                               .implied = false,
                                               .held = std::move(held)});
}

TEST(Why, NothingIsKnown) {
  EXPECT_EQ(json_with_why("{\"a\":1}", {}), "{\"a\":1}");
  EXPECT_EQ(why_text({}), "");
}

TEST(Why, OfTheCallAndItsReturn) {
  Why why{reason(0, {{"args[1] Equal \"/a\"", 11}, {"only for pods of a", 0}}),
          reason(1, {{"args[0] Gt 0", 20}})};
  EXPECT_EQ(
      json_with_why("{\"a\":1}", why),
      R"({"a":1,"why":{"file":"p.yaml","line":9,"selector":0,"filters":[{"text":"args[1] Equal \"/a\"","line":11},)"
      R"({"text":"only for pods of a"}],"return":{"file":"p.yaml","line":9,"selector":1,)"
      R"("filters":[{"text":"args[0] Gt 0","line":20}]}}})");
  EXPECT_EQ(
      why_text(why),
      "\n   why: p.yaml:9: selector 0\n     p.yaml:11: args[1] Equal \"/a\"\n     p.yaml: only for pods of a"
      "\n   why, when it returned: p.yaml:9: selector 1\n     p.yaml:20: args[0] Gt 0");
}

TEST(Why, AReturnThatAskedNothingIsLeftOut) {
  const Why same{reason(1, {}), reason(1, {})};
  EXPECT_EQ(why_text(same), "\n   why: p.yaml:9: selector 1");
  EXPECT_EQ(json_with_why("{}", same), R"({"why":{"file":"p.yaml","line":9,"selector":1}})");
  EXPECT_EQ(why_text({reason(0, {}), reason(1, {})}),
            "\n   why: p.yaml:9: selector 0\n   why, when it returned: p.yaml:9: selector 1")
      << "another selector decided";
}

TEST(Why, WithoutSelectors) {
  const auto implied = std::make_shared<const Reason>(
      Reason{.file = "p.yaml", .line = 7, .selector = 0, .label = "", .implied = true, .held = {}});
  EXPECT_EQ(why_text({implied, nullptr}), "\n   why: p.yaml:7: no selector, every call matches");
  EXPECT_EQ(json_with_why("{}", {implied, nullptr}),
            R"({"why":{"file":"p.yaml","line":7,"selector":0,"implied":true}})");
}

// Whoever wrote the policy chose the texts: no line of the terminal is theirs.
TEST(Why, TextsCannotBreakLines) {
  const auto odd = std::make_shared<const Reason>(Reason{.file = "a\nb",
                                                         .line = 1,
                                                         .selector = 0,
                                                         .label = "x y\x1b[0m",
                                                         .implied = false,
                                                         .held = {{"args[0] Equal\n\x1b", 2}}});
  EXPECT_EQ(why_text({odd, nullptr}),
            "\n   why: \"a\\nb\":1: selector 0 \"x y\\x1b[0m\"\n     \"a\\nb\":2: args[0] Equal??");
}

}  // namespace
}  // namespace tripline
