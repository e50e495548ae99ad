// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <chrono>

#include "policy/corpus.h"
#include "policy/parse/yaml.h"

namespace tripline::policy {
namespace {

// One line for a tree: scalars with a letter for their kind.
std::string shape(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return "-";
    case Node::Kind::kBoolean:
      return node.boolean ? "true" : "false";
    case Node::Kind::kNumber:
      return "#" + (node.integer ? node.plain_text() : "fraction");
    case Node::Kind::kText:
      return "'" + node.text + "'";
    case Node::Kind::kSequence: {
      std::string out = "[";
      for (const Node* item : node.items) out += (out.size() > 1 ? " " : "") + shape(*item);
      return out + "]";
    }
    case Node::Kind::kMapping: {
      std::string out = "{";
      for (const Node::Entry& entry : node.entries) {
        out += (out.size() > 1 ? " " : "") + entry.key + ":" + shape(*entry.value);
      }
      return out + "}";
    }
  }
  return "";
}

std::string read(const std::string& text) {
  Diagnostics diagnostics;
  const std::optional<Document> document = read_yaml({"d", text}, diagnostics);
  if (diagnostics.has_errors()) return messages(diagnostics);
  if (!document || document->root == nullptr) return "empty";
  return shape(*document->root);
}

TEST(Yaml, ScalarsAreResolvedAsYaml11Does) {
  EXPECT_EQ(read("[y, n, yes, no, on, off, True, FALSE, yES]"),
            "[true false true false true false true false 'yES']");
  EXPECT_EQ(read("['y', \"no\", !!str off, !!bool 'no']"), "['y' 'no' 'off' false]");
  EXPECT_EQ(read("[1, 010, 0x1F, 0b11, 0o17, 1_000, +5, -3]"), "[#1 #8 #31 #3 #15 #1000 #5 #-3]");
  EXPECT_EQ(read("[1.0, 1e0, 1E2, 08, .5, 1.5, -2., 1e400, 1e19, .inf, -.INF, .NaN]"),
            "[#1 #1 #100 #8 #fraction #fraction #-2 #fraction #10000000000000000000 #fraction #fraction "
            "#fraction]");
  EXPECT_EQ(read("[~, null, Null, NULL, nULL, 'null', '']"), "[- - - - 'nULL' 'null' '']");
  EXPECT_EQ(read("[1.2.3, 12:30, 1-2, +, -, ., 0x, 2001-01-01]"),
            "['1.2.3' '12:30' '1-2' '+' '-' '.' '0x' '2001-01-01']");
}

TEST(Yaml, KeysThatAreNoText) {
  EXPECT_EQ(read("{1: a, 0x10: b, yes: c, 'x y': d}"), "{1:'a' 16:'b' true:'c' x y:'d'}");
  EXPECT_EQ(read("? [a]\n: b\n"), "1:3 error: a key must be a string\n");
  EXPECT_EQ(read(": b\n"), "1:1 error: a key must be a string\n");
}

TEST(Yaml, DuplicateKeysAreRefused) {
  EXPECT_EQ(read("a: 1\nb: 2\na: 3\n"), "3:1 error: the key \"a\" is given twice\n");
  EXPECT_EQ(read("x: {a: 1, 'a': 2, a: 3}\ny: [{b: 1, b: 1}]\n"),
            "1:11 error: the key \"a\" is given twice\n1:19 error: the key \"a\" is given twice\n"
            "2:12 error: the key \"b\" is given twice\n");
}

TEST(Yaml, AnchorsAliasesAndMergeKeys) {
  EXPECT_EQ(read("a: &x [1, 2]\nb: *x\n"), "{a:[#1 #2] b:[#1 #2]}");
  EXPECT_EQ(read("a: &x {p: 1}\nb:\n  <<: *x\n  q: 2\n"), "{a:{p:#1} b:{p:#1 q:#2}}");
  EXPECT_EQ(read("a: &x {p: 1}\nc: &y {r: 1}\nb: {<<: [*x, *y]}\n"), "{a:{p:#1} c:{r:#1} b:{p:#1 r:#1}}");
  EXPECT_EQ(read("a: &x {p: 1}\nb: {<<: *x, p: 2}\n"), "2:13 error: the key \"p\" is given twice\n");
  EXPECT_EQ(read("a: &x [1]\nb: {<<: *x}\n"), "2:5 error: only a mapping can be merged\n");
  EXPECT_EQ(read("a: {'<<': 1}\n"), "{a:{<<:#1}}");
  EXPECT_EQ(read("a: &x [*x]\n"), "1:8 error: this alias is inside the node that it refers to\n");
  EXPECT_NE(read("a: *nowhere\n").find("1:4 error: invalid YAML"), std::string::npos);
}

TEST(Yaml, OnlyTheFirstDocumentIsRead) {
  EXPECT_EQ(read("a: 1\n---\nb: [\n"), "{a:#1}");
  EXPECT_EQ(read("---\na: 1\n--- \xff\x01\n"), "{a:#1}");
  EXPECT_EQ(read("# hello\n\n---\na: 1\n...\n]]]\n"), "{a:#1}");
  EXPECT_EQ(read("a: 1\n... what follows\n"), "{a:#1}");
  EXPECT_EQ(read("%YAML 1.1\n---\na: 1\n"), "{a:#1}");
  EXPECT_EQ(read("--- {a: 1}\n---\n"), "{a:#1}");
  EXPECT_EQ(read("a: |\n  ---\n  x\nb: 1\n"), "{a:'---\nx\n' b:#1}");
  EXPECT_EQ(read("---\n---\na: 1\n"), "-");
  EXPECT_EQ(read(""), "empty");
  EXPECT_EQ(read("# only\n# comments\n"), "-");
}

TEST(Yaml, WhatDoesNotBelongToTheDocumentIsAMistake) {
  EXPECT_NE(read("a: 1\n- b\n").find("2:1 error"), std::string::npos);
  EXPECT_NE(read("{a: 1}\nb: 2\n").find("error: invalid YAML"), std::string::npos);
  EXPECT_NE(read("a: 1\n]\n").find("error"), std::string::npos);
}

TEST(Yaml, QuotesMustBeClosed) {
  for (const std::string text :
       {"a: \"b\n", "a: \"b", "a: 'b\n\n\n", "a: 'b\nc: ''\n", "a: \"b\n--- c\"\n", "- 'b\n...\n'\n"}) {
    EXPECT_NE(read(text).find("a quoted string is not closed"), std::string::npos) << text << read(text);
  }
  EXPECT_EQ(read("a: |\n  b\n\n\n"), "{a:'b\n'}");
  EXPECT_EQ(read("a: |+\n  b\n\n"), "{a:'b\n\n'}");
  EXPECT_EQ(read("a: |\n  b"), "{a:'b'}");
  EXPECT_EQ(read("a: >-\n  b\n  c\n"), "{a:'b c'}");
  EXPECT_EQ(read("a: \"b\n  c\"\n"), "{a:'b c'}");
}

TEST(Yaml, Escapes) {
  EXPECT_EQ(
      read(R"("\N\_\L\P\x85\u0085\U0001f41d\e\0")"),
      std::string("'\xc2\x85\xc2\xa0\xe2\x80\xa8\xe2\x80\xa9\xc2\x85\xc2\x85\xf0\x9f\x90\x9d\x1b\0'", 22));
  EXPECT_NE(read(R"("\q")").find("1:4 error"), std::string::npos);
  EXPECT_NE(read(R"("\ud800")").find("error"), std::string::npos);
}

TEST(Yaml, EncodingsAndLineEnds) {
  EXPECT_EQ(read("\xef\xbb\xbf"
                 "a: 1\r\nb: 2\r\n"),
            "{a:#1 b:#2}");
  EXPECT_EQ(read("a: caf\xc3\xa9\n"), "{a:'caf\xc3\xa9'}");
  EXPECT_EQ(read("a: b\xff\n"), "1:5 error: this is not UTF-8\n");
  EXPECT_EQ(read("a: 1\nb: \x1b[0m\n"), "2:4 error: a control character\n");
  EXPECT_EQ(read(std::string("a: \0\n", 5)), "1:4 error: a control character\n");
  EXPECT_EQ(read("a: 1\rb: 2\n"), "1:5 error: a carriage return without a line feed\n");
  EXPECT_EQ(read("\xff\xfe"
                 "a\0"),
            "1:1 error: this is not UTF-8\n");
}

TEST(Yaml, JsonIsYaml) {
  EXPECT_EQ(read(R"({"a":"b","c":[1,true,null],"d":{"e":-1.0}})"), "{a:'b' c:[#1 true -] d:{e:#-1}}");
  EXPECT_EQ(read("{\n\t\"a\":\t\"b\",\n\t\"c\": [1, 2,],\n}\n"), "{a:'b' c:[#1 #2]}");
  EXPECT_EQ(read(R"({"a\n\u00e9\/\"": "\\"})"), "{a\n\xc3\xa9/\":'\\'}");
}

TEST(Yaml, TabsDoNotIndent) {
  EXPECT_EQ(read("a:\n\tb: 1\n"), "2:1 error: tabs cannot be used for indentation\n");
  EXPECT_EQ(read("a:\tb\n"), "{a:'b'}");
}

TEST(Yaml, Places) {
  Diagnostics diagnostics;
  const auto document = read_yaml({"d",
                                   "\xef\xbb\xbf"
                                   "key: plain value  # comment\nquoted: 'it''s'\nmore: \"a\\\"b\"\nlist:\n- "
                                   "x: 1\n  y: &a !!str 2\nblock: |\n  text\n"},
                                  diagnostics);
  ASSERT_TRUE(document && document->root);
  const auto& entries = document->root->entries;
  EXPECT_EQ(entries[0].key_span, (Span{1, 4, 3}));
  EXPECT_EQ(entries[0].value->span, (Span{1, 9, 11}));
  EXPECT_EQ(entries[1].value->span, (Span{2, 9, 7}));
  EXPECT_EQ(entries[2].value->span, (Span{3, 7, 6}));
  EXPECT_EQ(entries[3].value->items[0]->span, (Span{5, 3, 1}));
  EXPECT_EQ(entries[3].value->items[0]->entries[1].value->span, (Span{6, 15, 1}));
  EXPECT_EQ(entries[4].value->span, (Span{7, 8, 1}));
}

// ---- documents made to hurt

double seconds(auto action) {
  const auto begin = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

TEST(Yaml, LargeDocumentsAreRefusedUnread) {
  const std::string text(100'000'000, 'a');
  EXPECT_LT(seconds([&] { EXPECT_EQ(read(text), "0:0 error: the document is larger than 4 MiB\n"); }), 1);
}

TEST(Yaml, LongLinesAreRefused) {
  const std::string text(3'000'000, '[');
  EXPECT_EQ(read("a: 1\n" + text), "2:1048577 error: this line is too long\n");
  EXPECT_EQ(read("# " + std::string(1'000'000, 'x') + "\na: 1\n"), "{a:#1}");
}

TEST(Yaml, DeepNestingIsRefused) {
  std::string blocks;
  for (int depth = 0; depth < 500; ++depth) blocks += std::string(static_cast<size_t>(depth), ' ') + "a:\n";
  for (const std::string& text : {std::string(100'000, '['), std::string(100'000, '{'), blocks,
                                  [] {
                                    std::string out;
                                    for (int i = 0; i < 50'000; ++i) out += "- ";
                                    return out;
                                  }(),
                                  [] {
                                    std::string out;
                                    for (int i = 0; i < 50'000; ++i) out += "? ";
                                    return out;
                                  }(),
                                  [] {
                                    std::string out;
                                    for (int i = 0; i < 50'000; ++i) out += "{a: ";
                                    return out;
                                  }()}) {
    EXPECT_NE(read(text).find("error"), std::string::npos) << text.substr(0, 20);
  }
  std::string nested = "x";
  for (int depth = 0; depth < 99; ++depth) nested = "[" + nested + "]";
  EXPECT_EQ(read(nested).find("error"), std::string::npos);
  EXPECT_NE(read("[[[" + nested + "]]]").find("nested over 100 levels"), std::string::npos);
}

TEST(Yaml, AliasBombsAreRefused) {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int level = 1; level < 12; ++level) {
    const std::string inner = "*a" + std::to_string(level - 1);
    bomb += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [";
    for (int i = 0; i < 10; ++i) bomb += (i > 0 ? "," : "") + inner;
    bomb += "]\n";
  }
  EXPECT_NE(read(bomb).find("more than a million nodes"), std::string::npos);
  // So are texts and keys, each by its length.
  const std::string text(500'000, 'x');
  std::string texts = "a: &t " + text + "\nb:\n";
  std::string keys = "a: &m\n  ? " + text + "\n  : 1\nb:\n";
  for (size_t n = 0; n < 50'000; ++n) {
    texts += "- *t\n";
    keys += "- {<<: *m}\n";
  }
  EXPECT_NE(read(texts).find("more than a million nodes"), std::string::npos);
  EXPECT_NE(read(keys).find("more than a million nodes"), std::string::npos);

  std::string deep = "a0: &a0 x\n";
  for (int level = 1; level < 200; ++level) {
    deep += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [*a" +
            std::to_string(level - 1) + "]\n";
  }
  EXPECT_NE(read(deep).find("nested over 100 levels"), std::string::npos);
}

TEST(Yaml, ManyMistakesAreCountedAndNotKept) {
  std::string text;
  for (int i = 0; i < 300'000; ++i) text += "a: 1\n";
  Diagnostics diagnostics;
  static_cast<void>(read_yaml({"d", text}, diagnostics));
  EXPECT_EQ(diagnostics.errors(), 299'999U);
  EXPECT_EQ(diagnostics.all().size(), Diagnostics::kKept);
}

}  // namespace
}  // namespace tripline::policy
