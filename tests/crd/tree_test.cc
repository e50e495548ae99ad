// SPDX-License-Identifier: Apache-2.0
#include "crd/tree.h"

#include <gtest/gtest.h>

namespace tripline::crd {
namespace {

const Tree& example() {
  static const Tree tree = object({{"name", "a\"b\\\n"},
                                   {"number", 7},
                                   {"flag", false},
                                   {"odd key!", "yes"},
                                   {"none", Tree::List{}},
                                   {"empty", Tree::Object{}},
                                   {"list", Tree::List{1, object({{"x", 1}, {"y", Tree::List{"z"}}}), "t"}},
                                   {"inner", object({{"deep", object({{"er", true}})}})}});
  return tree;
}

TEST(Tree, Json) {
  EXPECT_EQ(json(example()),
            R"({"name":"a\"b\\\u000a","number":7,"flag":false,"odd key!":"yes","none":[],"empty":{},)"
            R"("list":[1,{"x":1,"y":["z"]},"t"],"inner":{"deep":{"er":true}}})");
}

TEST(Tree, Yaml) {
  EXPECT_EQ(yaml(example()), R"(name: "a\"b\\\u000a"
number: 7
flag: false
"odd key!": "yes"
none: []
empty: {}
list:
- 1
- x: 1
  y:
  - "z"
- "t"
inner:
  deep:
    er: true
)");
}

TEST(Tree, Member) {
  ASSERT_NE(member(example(), "number"), nullptr);
  EXPECT_EQ(json(*member(example(), "number")), "7");
  EXPECT_EQ(member(example(), "nothing"), nullptr);
  EXPECT_EQ(member(Tree(1), "number"), nullptr);
}

}  // namespace
}  // namespace tripline::crd
