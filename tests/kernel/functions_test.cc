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

TEST(Functions, OneThatCannotBeTracedHasTheName) {
  EXPECT_EQ(left({"io_serial_out", "vfs_read"},
                 "ffffffff81000000 t io_serial_out\n"
                 "ffffffff81000010 T vfs_read\n"
                 "ffffffff81000020 t io_serial_out\n"),
            Names{"vfs_read"});
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
