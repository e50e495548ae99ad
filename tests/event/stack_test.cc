// SPDX-License-Identifier: Apache-2.0
#include "event/stack.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>

namespace tripline {
namespace {

std::string addresses(std::initializer_list<uint64_t> list) {
  std::string bytes(8 * list.size(), '\0');
  size_t at = 0;
  for (uint64_t address : list) std::memcpy(bytes.data() + 8 * at++, &address, 8);
  return bytes;
}

std::string seed(const std::string& name) {
  std::ifstream file(std::string(TRIPLINE_TEST_DATA) + "/../fuzz/corpus/binary/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

StackFrame frame(uint64_t offset, const char* symbol, const char* module = "") {
  return {.offset = offset, .symbol = symbol, .module = module};
}

constexpr std::string_view kKallsyms =
    "ffffffff81000010 T second\n"
    "ffffffff81000000 T first\n"
    "ffffffff81000000 T first_alias\n"
    "ffffffff81000018 D data\n"
    "ffffffff81000020 t in_module\t[mod]\n"
    "0000000000000000 T hidden\n"
    "damaged\n"
    "ffffffff8100zz30 T damaged\n"
    "ffffffff81000040 W last";

TEST(KernelSymbols, Find) {
  KernelSymbols symbols(kKallsyms);
  EXPECT_EQ(symbols.size(), 5u);
  auto find = [&](uint64_t address) {
    auto found = symbols.find(address);
    return found ? found->symbol + "+" + std::to_string(found->offset) : "none";
  };
  EXPECT_EQ(find(0xffffffff80ffffff), "none");
  EXPECT_EQ(find(0xffffffff81000000), "first+0");
  EXPECT_EQ(find(0xffffffff8100000f), "first+15");
  EXPECT_EQ(find(0xffffffff8100001f), "second+15");
  EXPECT_EQ(find(0xffffffff81000021), "in_module+1");
  EXPECT_EQ(find(0xffffffff810fffff), "last+1048511");
  EXPECT_EQ(find(0xffffffff81100040), "none");
  EXPECT_EQ(KernelSymbols("").find(1), std::nullopt);
}

TEST(Mappings, Read) {
  auto mappings = read_mappings(
      "7f0000002000-7f0000003000 r-xp 00001000 08:01 42      /lib/a b (deleted)\n"
      "00400000-00401000 r--p 00000000 08:01 43   /bin/x\n"
      "00500000-00501000 rw-p 00000000 00:00 0 \n"
      "nonsense\n"
      "00600000-00601000 rw-p 00000000 00:00 0    [heap]");
  ASSERT_EQ(mappings.size(), 3u);
  EXPECT_EQ(mappings[0].path, "/bin/x");
  EXPECT_EQ(mappings[1].path, "[heap]");
  EXPECT_EQ(mappings[2].start, 0x7f0000002000u);
  EXPECT_EQ(mappings[2].end, 0x7f0000003000u);
  EXPECT_EQ(mappings[2].offset, 0x1000u);
  EXPECT_EQ(mappings[2].file, "08:01 42");
  EXPECT_EQ(mappings[2].path, "/lib/a b (deleted)");
}

class StackNamerTest : public ::testing::Test {
 protected:
  StackNamer namer(bool addresses = false) {
    return StackNamer({.kernel_symbols =
                           [this] {
                             kernel_reads++;
                             return kallsyms;
                           },
                       .maps = [this](uint32_t tgid) { return tgid == 7 ? maps : std::string{}; },
                       .file =
                           [this](uint32_t tgid, const Mapping& mapping, uint64_t offset, size_t size) {
                             EXPECT_EQ(tgid, 7u);
                             EXPECT_EQ(mapping.path, "/bin/tiny");
                             file_reads++;
                             return offset < file.size() ? file.substr(offset, size) : std::string{};
                           }},
                      addresses);
  }

  std::string kallsyms{kKallsyms};
  std::string maps =
      "00400000-00401000 r-xp 00000000 08:01 42 /bin/tiny\n7000-8000 r-xp 00000000 00:00 0 [vdso]\n";
  std::string file = seed("tiny");
  int kernel_reads = 0;
  int file_reads = 0;
};

TEST_F(StackNamerTest, Kernel) {
  StackNamer names = namer();
  EXPECT_EQ(names.kernel(addresses({0xffffffff81000011, 1, 0xffffffff81000002}), 5),
            (std::vector{frame(1, "second"), frame(2, "first")}));
  EXPECT_TRUE(names.kernel("", 5).empty());
  auto shown = namer(true).kernel(addresses({0xffffffff81000011}), 5);
  ASSERT_EQ(shown.size(), 1u);
  EXPECT_EQ(shown[0].address, 0xffffffff81000011u);
}

// Symbols are read once, and again for an address without a name, but not for each of them.
TEST_F(StackNamerTest, ProgramsOfTheHookAreNoFrames) {
  kallsyms =
      "ffffffff81000000 T hooked\nffffffffc0001000 t bpf_trampoline_64\t[bpf]\n"
      "ffffffffc0002000 t bpf_prog_0123_tl_judge\t[bpf]\n";
  std::vector<std::string> symbols;
  for (const StackFrame& frame : namer().kernel(
           addresses({0xffffffffc0002010, 0xffffffffc0001010, 0xffffffff81000005, 0xffffffffc0002020}), 1)) {
    symbols.push_back(frame.symbol);
  }
  // Further out a program is part of what happened.
  EXPECT_EQ(symbols, (std::vector<std::string>{"hooked", "bpf_prog_0123_tl_judge"}));
}

TEST_F(StackNamerTest, KernelSymbolsAreReadSeldom) {
  StackNamer names = namer();
  EXPECT_EQ(kernel_reads, 0);
  constexpr uint64_t kLater = 0xffffffffc0000004;
  for (uint64_t time : {1, 2, 3}) EXPECT_TRUE(names.kernel(addresses({kLater}), time).empty());
  EXPECT_EQ(kernel_reads, 1);
  kallsyms += "\nffffffffc0000000 t loaded_later\t[mod]";
  EXPECT_EQ(names.kernel(addresses({kLater}), 10'000'000'001), std::vector{frame(4, "loaded_later")});
  EXPECT_EQ(names.kernel(addresses({kLater}), 30'000'000'000), std::vector{frame(4, "loaded_later")});
  EXPECT_EQ(kernel_reads, 2);
}

// While stacks are named; a stack does not wait for it.
TEST_F(StackNamerTest, KernelSymbolsAreLearntBeforehand) {
  StackNamer names = namer();
  std::thread learner([&names] { names.learn_kernel(1); });
  learner.join();
  EXPECT_EQ(kernel_reads, 1);
  EXPECT_EQ(names.kernel(addresses({0xffffffff81000011}), 5), std::vector{frame(1, "second")});
  names.learn_kernel(6);
  EXPECT_EQ(kernel_reads, 1);
}

TEST_F(StackNamerTest, User) {
  StackNamer names = namer();
  EXPECT_EQ(
      names.user(addresses({0x4000b2, 0x401000, 0x7004, 0x400001}), 7),
      (std::vector{frame(0xb2, "one", "/bin/tiny"), frame(4, "", "[vdso]"), frame(1, "", "/bin/tiny")}));
  const int reads = file_reads;
  EXPECT_GT(reads, 0);
  EXPECT_EQ(names.user(addresses({0x4000b5}), 7), std::vector{frame(0xb5, "two", "/bin/tiny")});
  EXPECT_EQ(file_reads, reads);
  EXPECT_TRUE(names.user(addresses({0x4000b5}), 8).empty());
  auto shown = namer(true).user(addresses({0x4000b2}), 7);
  ASSERT_EQ(shown.size(), 1u);
  EXPECT_EQ(shown[0].address, 0x4000b2u);
}

}  // namespace
}  // namespace tripline
