// SPDX-License-Identifier: Apache-2.0
#include "binary/symbol_tables.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "binary/binary.h"
#include "binary/workshop.h"

namespace tripline::binary {
namespace {

class SymbolTables : public testing::Test {
 protected:
  Binary read(const std::string& name) {
    bytes_ = workshop_.read(name);
    auto binary = read_binary(reader_of(bytes_));
    EXPECT_TRUE(binary) << (binary ? "" : binary.error().detail);
    return binary ? std::move(*binary) : Binary{};
  }
  Workshop workshop_;
  std::string bytes_;
};

std::vector<std::string> told(const std::vector<Symbol>& symbols) {
  std::vector<std::string> out;
  for (const Symbol& symbol : symbols)
    out.push_back(std::string(symbol.name) +
                  (symbol.version.empty() ? ""
                   : symbol.is_default    ? "@@"
                                          : "@") +
                  std::string(symbol.version));
  return out;
}
using Names = std::vector<std::string>;

TEST_F(SymbolTables, Versions) {
  workshop_.write("a.c", R"(
    __attribute__((noinline)) int old(int n) { return n + 1; }
    __attribute__((noinline)) int middle(int n) { return n + 2; }
    __attribute__((noinline)) int now(int n) { return n + 3; }
    int gone_a(int n) { return n + 4; }
    int gone_b(int n) { return n + 5; }
    int plain(int n) { return n + 6; }
    __asm__(".symver old,add@V_1\n.symver middle,add@V_2\n.symver now,add@@V_3\n"
            ".symver gone_a,gone@V_1\n.symver gone_b,gone@V_2\n");
  )");
  workshop_.write("map", "V_1 { global: add; gone; plain; local: *; };\nV_2 { } V_1;\nV_3 { } V_2;\n");
  ASSERT_TRUE(
      workshop_.run("gcc -O1 -shared -fPIC -Wl,--version-script=map -o a.so a.c && strip -o b.so a.so"));
  const std::vector<std::string> files = {"a.so", "b.so"};
  for (const std::string& file : files) {
    const Binary binary = read(file);
    const Symbols& symbols = binary.symbols;
    EXPECT_EQ(told(symbols.find("add")), Names{"add@@V_3"}) << file;
    EXPECT_EQ(told(symbols.find("add@V_1")), Names{"add@V_1"}) << file;
    EXPECT_EQ(told(symbols.find("add@V_2")), Names{"add@V_2"}) << file;
    EXPECT_EQ(told(symbols.find("add@V_3")), Names{"add@@V_3"}) << file;
    EXPECT_EQ(told(symbols.find("add@@V_3")), Names{"add@@V_3"}) << file;
    EXPECT_EQ(told(symbols.find("add@@V_2")), Names{}) << file << ": it is not the default";
    EXPECT_EQ(told(symbols.find("add@V_4")), Names{}) << file;
    EXPECT_EQ(told(symbols.find("add@")), Names{}) << file;
    EXPECT_EQ(symbols.find("gone").size(), 2u) << file << ": only older ones";
    EXPECT_EQ(told(symbols.find("plain")), Names{"plain@@V_1"}) << file;
    EXPECT_NE(symbols.find("add@V_1").at(0).address, symbols.find("add").at(0).address);
  }
  const Binary whole = read("a.so");
  EXPECT_EQ(whole.symbols.find("now").at(0).address, whole.symbols.find("add").at(0).address);
  EXPECT_TRUE(whole.symbols.find("V_1").empty()) << "no function";
}

TEST_F(SymbolTables, OfTheMachinesLibrary) {
  const std::string path = "/lib/x86_64-linux-gnu/libc.so.6";
  ASSERT_TRUE(workshop_.run("cp " + path + " c"));
  const Binary binary = read("c");
  ASSERT_EQ(binary.symbols.find("malloc").size(), 1u);
  EXPECT_EQ(binary.symbols.find("malloc")[0].kind, Symbol::Kind::kFunction);
  const auto copy = binary.symbols.find("memcpy");
  ASSERT_EQ(copy.size(), 1u);
  EXPECT_EQ(copy[0].version, "GLIBC_2.14");
  EXPECT_EQ(copy[0].kind, Symbol::Kind::kIfunc) << "what is there chooses a memcpy";
  EXPECT_NE(binary.symbols.find("memcpy@GLIBC_2.2.5").at(0).address, copy[0].address);
  EXPECT_TRUE(binary.symbols.find("stdout").empty()) << "a variable";
  EXPECT_EQ(binary.symbols.nearest("mallocc"), "malloc");
  EXPECT_EQ(binary.symbols.nearest("zzzzzzzzzz"), "");
  EXPECT_TRUE(binary.damage.empty());
  EXPECT_GE(binary.build_id.size(), 16u);
  for (const Symbol& symbol : binary.symbols.all())
    EXPECT_TRUE(binary.is_code(binary.offset_of(symbol.address).value_or(0))) << symbol.name;
}

TEST_F(SymbolTables, WhichOfEqualNames) {
  workshop_.write(
      "a.c",
      "static __attribute__((noinline)) int f(int n) { return n * 3; }\n"
      "int a(int n) { return f(n); }\nstatic __attribute__((noinline)) int g(int n) { return n * 5; }\n"
      "int a2(int n) { return g(n) + f(n); }\n");
  workshop_.write(
      "b.c",
      "static __attribute__((noinline)) int f(int n) { return n * 7; }\n"
      "int b(int n) { return f(n); }\n__attribute__((noinline)) int g(int n) { return n * 9; }\n");
  workshop_.write(
      "c.s",
      "  .text\n  .globl by_hand\nby_hand: nop\nspot: ret\n  .data\n  .globl thing\nthing: .long 1\n"
      "  .section .note.GNU-stack,\"\",@progbits\n");
  workshop_.write("m.c",
                  "int a(int), a2(int), b(int), by_hand(void); int main(void) { return a(1) + a2(1) + b(1) + "
                  "by_hand(); }\n");
  ASSERT_TRUE(workshop_.run("gcc -O1 -o a m.c a.c b.c c.s"));
  const Binary binary = read("a");
  EXPECT_EQ(binary.symbols.find("f").size(), 2u) << "two source files have one each";
  ASSERT_EQ(binary.symbols.find("g").size(), 1u);
  EXPECT_TRUE(binary.symbols.find("g")[0].is_global);
  ASSERT_EQ(binary.symbols.find("by_hand").size(), 1u);
  EXPECT_EQ(binary.symbols.find("by_hand")[0].kind, Symbol::Kind::kLabel);
  EXPECT_EQ(binary.symbols.find("spot").size(), 1u);
  EXPECT_TRUE(binary.symbols.find("thing").empty());
  EXPECT_TRUE(binary.symbols.find("").empty());
  const Symbol main = binary.symbols.find("main").at(0);
  EXPECT_GT(main.size, 0u);
  EXPECT_EQ(binary.symbols.at(main.address + main.size - 1)->name, "main");
}

TEST_F(SymbolTables, Addresses) {
  workshop_.write("a.c", "int shown = 1; static int own = 2; int* p = &own; int main(void) { return *p; }\n");
  workshop_.write("b.c", "static int own = 3; int* q = &own; static int twice = 4; int* r = &twice;\n");
  workshop_.write("c.c", "static int twice = 5; int* s = &twice;\n");
  ASSERT_TRUE(workshop_.run("gcc -o a a.c b.c c.c"));
  const std::string bytes = workshop_.read("a");
  const ReadAt read = reader_of(bytes);
  const auto layout = read_layout(read);
  ASSERT_TRUE(layout);
  const auto found = addresses_of(read, *layout, {"shown", "twice", "none", "main"});
  ASSERT_EQ(found.size(), 4u);
  ASSERT_TRUE(found[0]);
  EXPECT_EQ(bytes[offset_of(layout->segments, *found[0]).value()], 1);
  EXPECT_FALSE(found[1]) << "which of two?";
  EXPECT_FALSE(found[2]);
  EXPECT_TRUE(found[3]);
}

// A stack's frame has the offset in the file.
TEST(Functions, OfAProgram) {
  Workshop workshop;
  workshop.write(
      "a.s",
      ".globl _start\n.type one, @function\n.type two, @function\n.type _start, @function\n"
      "one: nop; nop; nop; ret\n.size one, 4\ntwo: nop; ret\n.size two, 2\n_start: ret\n.size _start, 1\n");
  ASSERT_TRUE(workshop.run("gcc -nostdlib -static -o a a.s"));
  const std::string bytes = workshop.read("a");
  const auto binary = read_binary(reader_of(bytes));
  ASSERT_TRUE(binary);
  const uint64_t one = *binary->offset_of(binary->symbols.find("one").at(0).address);
  const Functions functions = read_functions(reader_of(bytes));
  EXPECT_EQ(functions.name_at(one - 1), "");
  EXPECT_EQ(functions.name_at(one), "one");
  EXPECT_EQ(functions.name_at(one + 3), "one");
  EXPECT_EQ(functions.name_at(one + 4), "two");
  EXPECT_EQ(functions.name_at(one + 6), "_start");
  EXPECT_EQ(functions.name_at(one + 7), "");
  EXPECT_EQ(functions.name_at(~uint64_t{0}), "");
  EXPECT_EQ(read_functions(reader_of("#!/bin/sh\n")).name_at(0), "");
}

}  // namespace
}  // namespace tripline::binary
