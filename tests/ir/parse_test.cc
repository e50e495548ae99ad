// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>

#include "ir/program.h"
#include "ir/random.h"

namespace tripline::ir {
namespace {

constexpr std::string_view kHeader = "hook \"h\"\nentry typed\nvalues 2\n\n";

TEST(Parse, RefusesAndNamesTheLine) {
  struct Case {
    std::string body;
    std::string error;
  };
  // The header has four lines.
  const Case cases[] = {
      {"", ""},
      {"a:\n  return\n", ""},
      {"a:\n  return", "line 6: is written \"  return\""},
      {"a:\n", "line 5: the block has no end"},
      {"  return\n", "line 5: expected hook, entry, document, values or the name of a block and ':'"},
      {"a:\n  return\n  return\n", "line 7: expected the name of a block and ':'"},
      {"a:\nb:\n  return\n", "line 6: the block before has no end"},
      {"a:\n  return\na:\n  return\n", "line 7: there is a block a already"},
      {"a b:\n  return\n", "line 5: expected the name of a block and ':'"},
      {"a:\n  goto c\n", "line 6: there is no block c"},
      {"a:\n  goto\n", "line 6: expected the name of a block"},
      {"a:\n return\n", "line 6: is written \"  return\""},
      {"a:\n  return x\n", "line 6: expected a number"},
      {"a:\n  return 0\n", "line 6: is written \"  return\""},
      {"a:\n  v0\n  return\n", "line 6: expected ="},
      {"a:\n  v0 = \n  return\n", "line 6: expected a number"},
      {"a:\n  v0 = 0x5\n  return\n", "line 6: is written \"  v0 = 5\""},
      {"a:\n  v0 = 99999\n  return\n", "line 6: is written \"  v0 = 0x1869f\""},
      {"a:\n  v0 = 99999999999999999999\n  return\n", "line 6: the number is too large"},
      {"a:\n  v0 = u32 v1\n  return\n", "line 6: expected ["},
      {"a:\n  v0 = u32[v1+4294967295]\n  return\n", "line 6: the number is too large"},
      {"a:\n  v0 = u32[v1] \"abc\n  return\n", "line 6: expected \""},
      {"a:\n  v0 = u32[v1] \"\\xz0\"\n  return\n", "line 6: expected two hexadecimal digits"},
      {"a:\n  v0 = u24[v1]\n  return\n", "line 6: expected a number"},
      {"a:\n  v0 = call printk()\n  return\n", "line 6: expected the name of a function that can be called"},
      {"a:\n  call tl_count(v0 v1)\n  return\n", "line 6: expected ,"},
      {"a:\n  if v0 = 1 then b else b\nb:\n  return\n", "line 6: expected a comparison"},
      {"a:\n  if v0 == 1 then b\nb:\n  return\n", "line 6: expected else"},
      {"a:\n  return ; x:1\n", "line 6: expected a number"},
      {"a:\n  context u64[8]\n  return\n", "line 6: expected ="},
      {"a:\n  context [8] = 1\n  return\n", "line 6: expected the width of what is set"},
      {"a:\n  context u64[8] =\n  return\n", "line 6: expected a number"},
  };
  for (const Case& c : cases) {
    const Result<Program> program = parse(std::string(kHeader) + c.body);
    EXPECT_EQ(program ? "" : program.error().text(), c.error.empty() ? "" : "parse program " + c.error)
        << c.body;
  }
}

TEST(Parse, RefusesAHeaderThatIsNotOne) {
  for (const std::string_view text :
       {"", "\n", "hook \"h\"\n", "entry typed\n", "hook h\n", "values x\n", "values\n",
        "hook \"h\"\nentry big\nvalues 0\n\n", "hook \"h\"\nvalues 0\n\n", "\0\xff"}) {
    EXPECT_FALSE(parse(text)) << text;
  }
}

// What is accepted is what print writes; nothing else does harm.
TEST(Parse, SurvivesDamage) {
  std::mt19937_64 random(1);
  constexpr std::string_view kBytes = "v019=[]+-() :;#\"\\\nxu64ifgoto&<>";
  for (uint64_t seed = 0; seed < 1500; ++seed) {
    std::string text = print(random_program(seed));
    for (uint64_t changes = 1 + random() % 4; changes > 0; --changes) {
      const size_t at = random() % text.size();
      const char byte = kBytes[random() % kBytes.size()];
      switch (random() % 3) {
        case 0:
          text[at] = byte;
          break;
        case 1:
          text.insert(at, 1, byte);
          break;
        default:
          text.erase(at, 1 + random() % 8);
          break;
      }
      if (text.empty()) break;
    }
    const Result<Program> program = parse(text);
    if (program) {
      EXPECT_EQ(print(*program), text);
      (void)verify(*program);
    }
  }
}

}  // namespace
}  // namespace tripline::ir
