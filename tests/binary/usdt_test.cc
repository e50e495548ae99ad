// SPDX-License-Identifier: Apache-2.0
#include "binary/usdt.h"

#include <gtest/gtest.h>

#include "binary/binary.h"
#include "binary/workshop.h"

namespace tripline::binary {
namespace {

Binary read(const Workshop& workshop, const std::string& name) {
  const std::string bytes = workshop.read(name);
  auto binary = read_binary(reader_of(bytes));
  EXPECT_TRUE(binary) << (binary ? "" : binary.error().detail);
  return binary ? std::move(*binary) : Binary{};
}

// One note, and behind it as many bytes as `more` says.
std::string note(const std::string& place, const std::string& content,
                 const std::string& base = "_.stapsdt.base") {
  return "  .pushsection .note.stapsdt,\"?\",\"note\"\n  .balign 4\n  .4byte 8, 994f-993f, 3\n  .asciz "
         "\"stapsdt\"\n993: .8byte " +
         place + "\n  .8byte " + base + "\n" + content + "994: .balign 4\n  .popsection\n";
}

const std::string kBase = R"(
  .pushsection .stapsdt.base,"aG","progbits",.stapsdt.base,comdat
  .weak _.stapsdt.base
  .hidden _.stapsdt.base
_.stapsdt.base: .space 1
  .popsection
)";

const std::string kCode = R"(
  .text
  .globl marked
  .type marked, @function
marked:
mark: nop
  ret
  .section .note.GNU-stack,"",@progbits
  .data
  .globl counter
  .type counter, @object
counter: .long 7
  .text
)";

TEST(Usdt, AsTheHeaderWritesThem) {
  Workshop workshop;
  workshop.write("a.c", R"(
    #define _SDT_HAS_SEMAPHORES 1
    #define SDT_USE_VARIADIC
    #include <sys/sdt.h>
    __extension__ unsigned short shop_sold_semaphore __attribute__((section(".probes"), used));
    __extension__ unsigned short shop_shut_semaphore __attribute__((section(".probes"), used));
    static int stock = 3;
    int sell(int n, long id, const char* what, unsigned char kind, short* list) {
      STAP_PROBEV(shop, sold, n, id, what, kind, list[n], 42, -1, (unsigned short)65535, 2.5);
      stock -= n;
      if (n > 100) STAP_PROBEV(shop, sold, n, id, what, kind, list[n], 42, -1, (unsigned short)65535, 2.5);
      STAP_PROBE(shop, shut);
      return stock;
    }
    int main(void) { short list[3] = {1, 2, 3}; return sell(1, 2, "x", 3, list); }
  )");
  ASSERT_TRUE(
      workshop.run("gcc -O1 -o a a.c && gcc -O0 -o b a.c && gcc -O1 -static-pie -s -o c a.c && "
                   "gcc -O1 -no-pie -static -o d a.c"));
  for (const char* name : {"a", "b", "c", "d"}) {
    const Binary binary = read(workshop, name);
    EXPECT_EQ(binary.bad_notes, 0u);
    const auto sold = binary.find_probe("shop", "sold");
    ASSERT_EQ(sold.size(), 2u) << name;
    EXPECT_EQ(binary.find_probe("shop", "shut").size(), 1u);
    EXPECT_EQ(binary.find_probe("shop", "other").size(), 0u);
    const std::string bytes = workshop.read(name);
    for (const UsdtProbe* probe : sold) {
      EXPECT_EQ(bytes[probe->offset], '\x90') << "a nop";
      EXPECT_TRUE(binary.is_code(probe->offset));
      EXPECT_EQ(binary.address_of(probe->offset), probe->address);
      ASSERT_TRUE(probe->semaphore_offset);
      EXPECT_EQ(bytes.substr(*probe->semaphore_offset, 2), std::string(2, '\0'));
      EXPECT_FALSE(binary.is_code(*probe->semaphore_offset));
      ASSERT_EQ(probe->arguments.size(), 9u);
      const auto& arguments = probe->arguments;
      EXPECT_EQ(arguments[0].size, 4);
      EXPECT_TRUE(arguments[0].is_signed);
      EXPECT_EQ(arguments[1].size, 8);
      EXPECT_TRUE(arguments[1].is_signed);
      EXPECT_FALSE(arguments[2].is_signed);
      EXPECT_EQ(arguments[3].size, 1);
      EXPECT_EQ(arguments[4].size, 2);
      for (size_t n = 0; n < 5; ++n)
        EXPECT_NE(arguments[n].kind, Operand::Kind::kUnreadable) << arguments[n].text;
      EXPECT_EQ(arguments[5].constant, 42);
      EXPECT_EQ(arguments[6].constant, -1);
      EXPECT_EQ(arguments[7].kind, Operand::Kind::kConstant);
      EXPECT_EQ(arguments[7].constant, 65535);
      EXPECT_TRUE(arguments[8].is_float) << arguments[8].text;
    }
    EXPECT_NE(sold[0]->offset, sold[1]->offset);
    EXPECT_EQ(sold[0]->semaphore, sold[1]->semaphore);
    EXPECT_NE(sold[0]->semaphore, binary.find_probe("shop", "shut")[0]->semaphore);
  }
}

// Other addresses than those it was linked for: the notes have the old ones, and say so by their base.
TEST(Usdt, OfAFileThatWasMoved) {
  Workshop workshop;
  workshop.write("a.s",
                 kCode + kBase +
                     note("mark - 0x5000",
                          "  .8byte counter - 0x5000\n  .asciz \"shop\", \"sold\", \"4@counter(%rip)\"\n",
                          "_.stapsdt.base - 0x5000"));
  ASSERT_TRUE(workshop.run("gcc -nostdlib -no-pie -static -Wl,-e,marked -o a a.s"));
  const Binary binary = read(workshop, "a");
  ASSERT_EQ(binary.probes.size(), 1u);
  EXPECT_EQ(binary.probes[0].address, binary.symbols.find("marked").at(0).address);
  EXPECT_EQ(workshop.read("a")[*binary.probes[0].semaphore_offset], 7);
  const Operand& argument = binary.probes[0].arguments.at(0);
  EXPECT_EQ(argument.base, Register::kRip);
  EXPECT_EQ(binary.offset_of(binary.probes[0].address + static_cast<uint64_t>(argument.displacement)),
            binary.probes[0].semaphore_offset);
}

TEST(Usdt, SymbolsOfOperands) {
  Workshop workshop;
  workshop.write("a.s", kCode + R"(
  .data
  .local own
own: .long 1
  .comm zeros,8
  .text
)" +
                            note("mark",
                                 "  .8byte 0\n  .asciz \"p\", \"n\", \"4@own(%rip) 4@counter+4(%rip) "
                                 "8@zeros(%rip) 4@none(%rip)\"\n",
                                 "0"));
  ASSERT_TRUE(workshop.run("gcc -nostdlib -pie -Wl,-e,marked -o a a.s && strip -o b a"));
  const Binary binary = read(workshop, "a");
  ASSERT_EQ(binary.probes.size(), 1u);
  const auto& arguments = binary.probes[0].arguments;
  ASSERT_EQ(arguments.size(), 4u);
  EXPECT_EQ(arguments[1].displacement, arguments[0].displacement) << "own lies behind counter";
  EXPECT_EQ(arguments[2].kind, Operand::Kind::kMemory);
  EXPECT_EQ(arguments[3].why, "needs the symbol none, which the file does not have");
  const Binary stripped = read(workshop, "b");
  ASSERT_EQ(stripped.probes.size(), 1u);
  EXPECT_EQ(stripped.probes[0].arguments.at(0).why, "needs the symbol own, which the file does not have");
}

TEST(Usdt, BadNotes) {
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"mark", "  .8byte 0\n  .asciz \"p\", \"n\"\n  .ascii \"4@%edi\"\n"},  // no end
      {"mark", "  .8byte 0\n  .asciz \"p\"\n"},                              // no name
      {"mark", "  .8byte 0\n  .asciz \"p\", \"\", \"\"\n"},
      {"mark", "  .8byte 0\n  .asciz \"\", \"n\", \"\"\n"},
      {"mark", "  .4byte 0\n"},
      {"0", "  .8byte 0\n  .asciz \"p\", \"n\", \"\"\n"},        // nowhere
      {"counter", "  .8byte 0\n  .asciz \"p\", \"n\", \"\"\n"},  // in data
      {"mark", "  .8byte 0\n  .asciz \"p\", \"n\", \"$1 $2 $3 $4 $5 $6 $7 $8 $9 $1 $2 $3 $4 $5 $6 $7 $8\"\n"},
  };
  const std::string good = note("mark", "  .8byte 0\n  .asciz \"p\", \"good\", \"\"\n", "0");
  Workshop workshop;
  for (const auto& [place, content] : bad) {
    workshop.write("a.s", kCode + note(place, content, "0") + good);
    ASSERT_TRUE(workshop.run("gcc -nostdlib -shared -o a a.s"));
    const Binary binary = read(workshop, "a");
    EXPECT_EQ(binary.bad_notes, 1u) << content;
    ASSERT_EQ(binary.probes.size(), 1u) << content;
    EXPECT_EQ(binary.probes[0].name, "good");
  }
}

// A counter that no file has cannot be raised: the probe is there, and says so.
TEST(Usdt, SemaphoreWithoutAPlaceInTheFile) {
  Workshop workshop;
  workshop.write("a.s", kCode + "  .local zero\n  .comm zero,2\n" +
                            note("mark", "  .8byte zero\n  .asciz \"p\", \"n\", \"\"\n", "0"));
  ASSERT_TRUE(workshop.run("gcc -nostdlib -shared -o a a.s"));
  const Binary binary = read(workshop, "a");
  ASSERT_EQ(binary.probes.size(), 1u);
  EXPECT_NE(binary.probes[0].semaphore, 0u);
  EXPECT_FALSE(binary.probes[0].semaphore_offset);
}

}  // namespace
}  // namespace tripline::binary
