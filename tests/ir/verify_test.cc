// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "ir/program.h"

namespace tripline::ir {
namespace {

std::string verified(std::string_view body, std::string_view entry = "typed") {
  const Result<Program> program =
      parse("hook \"h\"\nentry " + std::string(entry) + "\nvalues 4\n\n" + std::string(body));
  return program ? verify(*program) : program.error().text();
}

TEST(Verify, Rules) {
  struct Case {
    std::string body;
    std::string broken;
  };
  const Case cases[] = {
      {"a:\n  return\n", ""},
      {"", "there is no block"},
      {"a:\n  goto a\n", "block a: an edge leads back to a"},
      {"a:\n  return\nb:\n  goto a\n", "block b: an edge leads back to a"},
      {"a:\n  v4 = 1\n  return\n", "block a: v4 = 1: there is no such value"},
      {"a:\n  v0 = argument 4\n  return\n", ""},
      {"a:\n  v0 = argument 13\n  return\n", "block a: v0 = argument 13: there is no such argument"},
      {"a:\n  v0 = v1\n  return\n", "block a: v0 = v1: v1 is not assigned on every path"},
      {"a:\n  v0 += 1\n  return\n", "block a: v0 += 1: v0 is not assigned on every path"},
      {"a:\n  if v0 == 1 then b else b\nb:\n  return\n", "block a: v0 is not assigned on every path"},
      {"a:\n  v0 = 1\n  if v0 == v1 then b else b\nb:\n  return\n",
       "block a: v1 is not assigned on every path"},
      // Assigned on one of two paths, and on both.
      {"a:\n  v0 = 1\n  if v0 == 1 then b else c\nb:\n  v1 = 1\n  goto c\nc:\n  v2 = v1\n  return\n",
       "block c: v2 = v1: v1 is not assigned on every path"},
      {"a:\n  v0 = 1\n  if v0 == 1 then b else c\nb:\n  v1 = 1\n  goto d\nc:\n  v1 = 2\n  goto d\nd:\n  v2 = "
       "v1\n"
       "  return\n",
       ""},
      // Nothing is asked of values where nobody goes.
      {"a:\n  return\nb:\n  v0 = v1\n  return\n", ""},
      {"a:\n  v0 = 1\n  if u16 v0 == 1 then b else b\nb:\n  return\n",
       "block a: comparisons are of 4 or 8 bytes"},
      {"a:\n  v0 = argument 0\n  v1 = u64[v0+1048577]\n  return\n",
       "block a: v1 = u64[v0+1048577]: the offset is too large"},
      {"a:\n  v0 = argument 0\n  u64[v0] = 1\n  return\n",
       "block a: u64[v0] = 1: only scratch memory can be stored to"},
      {"a:\n  v0 = call tl_slot_get()\n  v1 = v0\n  v1 += 8\n  u64[v1] = 1\n  return\n", ""},
      {"a:\n  v0 = call tl_slot_get()\n  v0 = control[0]\n  u64[v0] = 1\n  return\n",
       "block a: u64[v0] = 1: only scratch memory can be stored to"},
      {R"(a:
  v0 = call tl_slot_get()
  if v0 == 0 then c else b
b:
  v0 = argument 0
  goto c
c:
  u64[v0] = 1
  return
)",
       "block c: u64[v0] = 1: only scratch memory can be stored to"},
      {"a:\n  v0 = control[2]\n  return\n",
       "block a: v0 = control[2]: there is no such place in the control block"},
      {"a:\n  v0 = 1\n  v0 <<= 64\n  return\n", "block a: v0 <<= 64: shifts too far"},
      {"a:\n  v0 = 1\n  v0 swap= 64\n  return\n", ""},
      {"a:\n  v0 = 1\n  v0 swap= 32\n  return\n", "block a: v0 swap= 32: swaps 64 bits, nothing else"},
      {"a:\n  call tl_slot_put()\n  return\n", "block a: call tl_slot_put(): takes 1 arguments"},
      {"a:\n  v0 = call tl_count(1, 2)\n  return\n", "block a: v0 = call tl_count(1, 2): has no result"},
      {"a:\n  return                                                ; #0:4\n",
       "block a: the end is of a document that does not exist"},
  };
  for (const Case& c : cases) EXPECT_EQ(verified(c.body), c.broken) << c.body;
}

TEST(Verify, PlainAddressesAreNotLoadedFrom) {
  EXPECT_EQ(verified("a:\n  v0 = argument 0\n  v1 = u64[v0]\n  return\n", "ptregs"),
            "block a: v1 = u64[v0]: only typed programs load kernel memory");
  EXPECT_EQ(verified("a:\n  v0 = call tl_slot_get()\n  v1 = u64[v0]\n  return\n", "ptregs"), "");
}

TEST(Verify, OnlyRegistersAreSet) {
  const std::string set = "a:\n  context u64[80] = 1\n  return\n";
  EXPECT_EQ(verified(set, "ptregs"), "");
  EXPECT_EQ(verified(set), "block a: context u64[80] = 1: only registers can be set");
  EXPECT_EQ(verified(set, "record"), "block a: context u64[80] = 1: only registers can be set");
  EXPECT_EQ(verified("a:\n  context u64[84] = 1\n  return\n", "ptregs"),
            "block a: context u64[84] = 1: there is no such place in the context");
  EXPECT_EQ(verified("a:\n  context u32[84] = 1\n  return\n", "ptregs"), "");
  EXPECT_EQ(verified("a:\n  context u64[80] = v0\n  return\n", "ptregs"),
            "block a: context u64[80] = v0: v0 is not assigned on every path");
}

// What the text form cannot even say.
TEST(Verify, DamagedPrograms) {
  Program program;
  program.blocks.push_back({"a", {}, Jump{7}, {}});
  EXPECT_EQ(verify(program), "block a: an edge leads to no block");
  program.blocks[0] = {"", {}, Return{}, {}};
  EXPECT_EQ(verify(program), "block 0 has a bad name");
  program.blocks[0].name = "a b";
  EXPECT_EQ(verify(program), "block 0 has a bad name");
  program.blocks[0].name = "a";
  program.blocks.push_back(program.blocks[0]);
  EXPECT_EQ(verify(program), "block a: the name is used twice");
  program.blocks.pop_back();
  program.values = 0xffffffff;
  EXPECT_EQ(verify(program), "there are too many values");
}

}  // namespace
}  // namespace tripline::ir
