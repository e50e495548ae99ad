// SPDX-License-Identifier: Apache-2.0
#include "kernel/functions.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

using Names = std::vector<std::string>;

Names left(Names traceable, std::string_view kallsyms) {
  drop_ambiguous(traceable, kallsyms);
  return traceable;
}

TEST(Functions, TheFirstOfANameIsWhatIsAttachedTo) {
  const std::string_view symbols =
      "ffffffff81000000 t before\n"
      "ffffffff81000010 t io_serial_out\n"
      "ffffffff81000020 T between\n"
      "ffffffff81000030 t io_serial_out\n"
      "ffffffff81000040 T after\n";
  EXPECT_EQ(left({"before", "between", "io_serial_out", "after"}, symbols),
            (Names{"before", "between", "after"}));
  const Names first = {"before", "io_serial_out", "between", "after"};
  EXPECT_EQ(left(first, symbols), first);
  // Nothing shows which of them it is.
  EXPECT_EQ(left({"before", "io_serial_out", "after"}, symbols), (Names{"before", "after"}));
  // The lists are not of the same kernel.
  EXPECT_EQ(left({"after", "io_serial_out", "before"}, symbols), (Names{"after", "before"}));
}

TEST(Functions, AllOfTheNameCanBeTraced) {
  const Names both = {"show", "show", "vfs_read"};
  EXPECT_EQ(left(both, "0000000000000000 t show\n0000000000000000 t show\n0000000000000000 T vfs_read"),
            both);
}

TEST(Functions, OthersDoNotCount) {
  // Data, a module's function, and what is gone after boot.
  EXPECT_EQ(left({"setup"},
                 "1 t setup\n2 d setup\n3 t setup\t[nvme]\n"
                 "4 T _sinittext\n5 t setup\n6 T _einittext\n"),
            Names{"setup"});
  EXPECT_EQ(left({"setup"}, "1 t setup\n4 T _sinittext\n6 T _einittext\n7 W setup\n"), Names{});
}

TEST(Functions, DamagedLinesAreIgnored) {
  EXPECT_EQ(left({"a"}, "\n1\n1 \n1 t\n1 t \n a\n1 t b\n"), Names{"a"});
  EXPECT_EQ(left({}, ""), Names{});
}

}  // namespace
}  // namespace tripline
