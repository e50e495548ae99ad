// SPDX-License-Identifier: Apache-2.0
#include "binary/symbols.h"

#include <gtest/gtest.h>

namespace tripline::binary {
namespace {

using Kind = Symbol::Kind;

uint32_t name(SymbolsBuilder& builder, const std::string& text) { return builder.add_names(text); }

TEST(Symbols, None) {
  const Symbols none;
  EXPECT_TRUE(none.empty());
  EXPECT_TRUE(none.find("x").empty());
  EXPECT_FALSE(none.at(0));
  EXPECT_TRUE(none.all().empty());
  EXPECT_EQ(none.nearest("x"), "");
  EXPECT_EQ(none.size(), 0u);
}

// Copies share what they hold: a symbol lives as long as one of them.
TEST(Symbols, FindAndAt) {
  SymbolsBuilder builder(SymbolsBuilder::Index::kByNameToo);
  builder.add(0x200, 16, name(builder, "second"), Kind::kFunction, true, true, SymbolsBuilder::kNone);
  builder.add(0x100, 0, name(builder, "endless"), Kind::kFunction, true, true, SymbolsBuilder::kNone);
  builder.add(0x200, 16, name(builder, "alias"), Kind::kFunction, true, true, SymbolsBuilder::kNone);
  builder.add(0x300, 4, name(builder, "spot"), Kind::kLabel, true, true, SymbolsBuilder::kNone);
  builder.add(0x300, 4, name(builder, "third"), Kind::kFunction, true, true, SymbolsBuilder::kNone);
  Symbols copy;
  {
    const Symbols symbols = builder.finish();
    copy = symbols;
  }
  EXPECT_EQ(copy.count(), 5u);
  EXPECT_FALSE(copy.at(0xff));
  EXPECT_EQ(copy.at(0x1ff)->name, "endless");
  EXPECT_EQ(copy.at(0x200)->name, "second") << "the first in the file";
  EXPECT_EQ(copy.at(0x20f)->name, "second");
  EXPECT_FALSE(copy.at(0x210));
  EXPECT_EQ(copy.at(0x300)->name, "third") << "not the label";
  EXPECT_EQ(copy.find("alias").at(0).address, 0x200u);
  EXPECT_TRUE(copy.find("ali").empty());
  EXPECT_TRUE(copy.find("alias@").empty());
  EXPECT_TRUE(copy.find("alias@@").empty());
  EXPECT_EQ(copy.nearest("secand"), "second");
}

// A C++ program's names have no versions, and a Go program's may contain anything but '@'.
TEST(Symbols, VersionsInNames) {
  SymbolsBuilder builder(SymbolsBuilder::Index::kByNameToo);
  for (const char* text : {"f@V_1", "f@@V_2", "g", "h@V_1"})
    builder.add(
        0x100 * static_cast<uint64_t>(text[0]) + static_cast<unsigned char>(text[3 * (text[1] == '@')]), 1,
        name(builder, text), Kind::kFunction, true, true, SymbolsBuilder::kInName);
  const Symbols symbols = builder.finish();
  ASSERT_EQ(symbols.find("f").size(), 1u);
  EXPECT_EQ(symbols.find("f")[0].version, "V_2");
  EXPECT_TRUE(symbols.find("f")[0].is_default);
  EXPECT_EQ(symbols.find("f@V_1").size(), 1u);
  EXPECT_FALSE(symbols.find("f@V_1")[0].is_default);
  EXPECT_EQ(symbols.find("g").at(0).version, "");
  EXPECT_EQ(symbols.find("h").at(0).version, "V_1") << "there is no other";
  EXPECT_TRUE(symbols.find("h@@V_1").empty());
}

TEST(Symbols, FunctionsBeforeLabels) {
  SymbolsBuilder builder(SymbolsBuilder::Index::kByNameToo);
  const uint32_t same = name(builder, "same");
  builder.add(1, 1, same, Kind::kLabel, true, true, SymbolsBuilder::kNone);
  builder.add(2, 1, same, Kind::kFunction, false, true, SymbolsBuilder::kNone);
  const Symbols symbols = builder.finish();
  ASSERT_EQ(symbols.find("same").size(), 1u);
  EXPECT_EQ(symbols.find("same")[0].address, 2u);
}

TEST(Symbols, WhatIsPassedOver) {
  SymbolsBuilder builder(SymbolsBuilder::Index::kByNameToo);
  const uint32_t empty = builder.add_names(std::string(1, '\0'));
  builder.add(1, 1, empty, Kind::kFunction, true, true, SymbolsBuilder::kNone);
  builder.add(1, 1, 12345, Kind::kFunction, true, true, SymbolsBuilder::kNone);
  builder.add(uint64_t{1} << 48, 1, name(builder, "far"), Kind::kFunction, true, true, SymbolsBuilder::kNone);
  builder.add(1, 1, name(builder, "@V_1"), Kind::kFunction, true, true, SymbolsBuilder::kInName);
  EXPECT_FALSE(builder.full());
  EXPECT_TRUE(builder.finish().empty());
}

TEST(Symbols, Limits) {
  SymbolsBuilder few(SymbolsBuilder::Index::kByNameToo, {.symbols = 2});
  for (uint64_t n = 0; n < 3; ++n)
    few.add(n, 1, name(few, "x"), Kind::kFunction, true, true, SymbolsBuilder::kNone);
  EXPECT_TRUE(few.full());
  EXPECT_EQ(few.finish().count(), 2u);

  SymbolsBuilder short_ones(SymbolsBuilder::Index::kByNameToo, {.names = 8});
  name(short_ones, "abc");
  EXPECT_FALSE(short_ones.full());
  name(short_ones, "abcdef");
  EXPECT_TRUE(short_ones.full());

  // One name, a hundred times.
  SymbolsBuilder again(SymbolsBuilder::Index::kByNameToo, {.texts = 1000});
  const uint32_t once = name(again, std::string(100, 'x'));
  for (uint64_t n = 0; n < 100; ++n)
    again.add(n, 1, once, Kind::kFunction, true, true, SymbolsBuilder::kNone);
  EXPECT_TRUE(again.full());
  EXPECT_EQ(again.finish().count(), 10u);

  SymbolsBuilder versions(SymbolsBuilder::Index::kByNameToo);
  const uint32_t version = name(versions, "V");
  for (size_t n = 0; n <= SymbolsBuilder::kVersionsMost; ++n) (void)versions.add_version(version);
  EXPECT_TRUE(versions.full());
}

// For stacks: 16 bytes for each function, and the names.
TEST(Symbols, Memory) {
  SymbolsBuilder builder(SymbolsBuilder::Index::kByAddress);
  const uint32_t start = builder.add_names(std::string("a\0b\0", 4));
  builder.add(1, 1, start, Kind::kFunction, true, true, SymbolsBuilder::kNone);
  builder.add(2, 1, start + 2, Kind::kFunction, true, true, SymbolsBuilder::kNone);
  EXPECT_EQ(builder.finish().size(), 2 * 16 + 4u);
}

}  // namespace
}  // namespace tripline::binary
