// SPDX-License-Identifier: Apache-2.0
#include "event/elf_symbols.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace tripline {
namespace {

std::string seed(const std::string& name) {
  std::ifstream file(std::string(TRIPLINE_TEST_DATA) + "/../fuzz/corpus/elf_symbols/" + name,
                     std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

ElfSymbols symbols_of(const std::string& file) {
  return ElfSymbols([&](uint64_t offset, size_t size) {
    return offset < file.size() ? file.substr(offset, size) : std::string{};
  });
}

TEST(ElfSymbols, OfAProgram) {
  ElfSymbols symbols = symbols_of(seed("tiny"));
  EXPECT_EQ(symbols.find(0xaf), "");
  EXPECT_EQ(symbols.find(0xb0), "one");
  EXPECT_EQ(symbols.find(0xb3), "one");
  EXPECT_EQ(symbols.find(0xb4), "two");
  EXPECT_EQ(symbols.find(0xbc), "_start");
  EXPECT_EQ(symbols.find(0xffff), "");
}

// Stripped: only what the dynamic linker needs is left.
TEST(ElfSymbols, OfAStrippedLibrary) {
  ElfSymbols symbols = symbols_of(seed("tiny.so"));
  EXPECT_EQ(symbols.find(0x200), "one");
  EXPECT_GT(symbols.size(), 0u);
}

TEST(ElfSymbols, OfWhatIsNone) {
  EXPECT_EQ(symbols_of("").find(0), "");
  EXPECT_EQ(symbols_of("#!/bin/sh\n").find(0), "");
  std::string file = seed("tiny");
  ASSERT_GT(file.size(), 64u);
  file[4] = 1;  // 32 bits
  EXPECT_EQ(symbols_of(file).find(0xb0), "");
}

TEST(ElfSymbols, SurvivesEveryPrefixAndByte) {
  const std::string file = seed("tiny");
  size_t named = 0;
  for (size_t size = 0; size < file.size(); size++)
    named += !symbols_of(file.substr(0, size)).find(0xb0).empty();
  for (size_t at = 0; at < file.size(); at++)
    for (char byte : {'\0', '\x7f', '\xff'}) {
      std::string damaged = file;
      damaged[at] = byte;
      named += symbols_of(damaged).find(0xb0) == "one";
    }
  EXPECT_GT(named, 0u);
}

}  // namespace
}  // namespace tripline
