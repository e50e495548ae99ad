// SPDX-License-Identifier: Apache-2.0
#include "client/yaml_out.h"

#include <gtest/gtest.h>

#include "policy/parse/yaml.h"

namespace tripline::client {
namespace {

const Yaml kTree{
    YamlMap{{"b", {YamlList{{YamlMap{{"y", {YamlList{{std::string("z")}}}}, {"x", {YamlWord{"1"}}}}}}}},
            {"a", {YamlMap{{"empty", {YamlList{}}}, {"none", {YamlMap{}}}}}}}};

TEST(YamlOut, IndentedByTwo) {
  EXPECT_EQ(yaml_text(kTree, YamlStyle::kTwo), "a:\n  empty: []\n  none: {}\nb:\n- x: 1\n  y:\n  - z\n");
}

TEST(YamlOut, IndentedByFour) {
  EXPECT_EQ(yaml_text(kTree, YamlStyle::kFour),
            "a:\n    empty: []\n    none: {}\nb:\n    - x: 1\n      y:\n        - z\n");
}

// Texts stay texts, and the same ones.
TEST(YamlOut, ScalarsAreReadBack) {
  for (const std::string text : {"plain", "",        "true",
                                 "No",    "null",    "1",
                                 "0x1f",  "1.5",     "-",
                                 "- a",   "a: b",    "a #b",
                                 "#a",    "it's",    "'q'",
                                 "\"d\"", "a\nb",    "a\nb\n",
                                 " lead", "trail ",  "tab\there",
                                 "*star", "&and",    "!bang",
                                 "%per",  "@at",     "`tick",
                                 "[a]",   "{a}",     "a,b",
                                 "key:",  "/bin/sh", "line\n\nline\n\n",
                                 "\x01",  "é"}) {
    for (const YamlStyle style : {YamlStyle::kTwo, YamlStyle::kFour}) {
      const std::string written = yaml_text({YamlMap{{"k", {YamlList{{YamlMap{{"v", {text}}}}}}}}}, style);
      Diagnostics diagnostics;
      const auto read = policy::read_yaml(Source{"", written}, diagnostics);
      ASSERT_TRUE(read) << written;
      const policy::Node& value = *read->root->entries[0].value->items[0]->entries[0].value;
      EXPECT_EQ(value.kind, policy::Node::Kind::kText) << written;
      EXPECT_EQ(value.text, text) << written;
    }
  }
}

}  // namespace
}  // namespace tripline::client
