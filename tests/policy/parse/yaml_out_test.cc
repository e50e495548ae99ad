// SPDX-License-Identifier: Apache-2.0
#include "policy/parse/yaml_out.h"

#include <gtest/gtest.h>

#include "policy/parse/yaml.h"

namespace tripline {
namespace {

using Members = std::vector<YamlMember>;
using Items = std::vector<YamlValue>;

TEST(YamlOut, KeysAreSortedAndListsIndented) {
  YamlValue inner{Members{{"z", {Items{yaml_text("z")}}}, {"x", yaml_plain("1")}}};
  YamlValue tree{Members{{"b", {Items{std::move(inner)}}},
                         {"a", {Members{{"none", {Members{}}}, {"empty", {Items{}}}}}}}};
  EXPECT_EQ(yaml_out(std::move(tree)),
            "a:\n    empty: []\n    none: {}\nb:\n    - x: 1\n      z:\n        - z\n");
}

// Texts stay texts, and the same ones.
TEST(YamlOut, TextsAreReadBack) {
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
    const std::string written = yaml_out({Members{{"k", {Items{{Members{{"v", yaml_text(text)}}}}}}}});
    Diagnostics diagnostics;
    const auto read = policy::read_yaml(Source{"", written}, diagnostics);
    ASSERT_TRUE(read) << written;
    const policy::Node& value = *read->root->entries[0].value->items[0]->entries[0].value;
    EXPECT_EQ(value.kind, policy::Node::Kind::kText) << written;
    EXPECT_EQ(value.text, text) << written;
  }
}

}  // namespace
}  // namespace tripline
