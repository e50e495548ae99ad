// SPDX-License-Identifier: Apache-2.0
#include "compile/library.h"

#include <gtest/gtest.h>

#include "compile/saved.h"

namespace tripline {
namespace {

using Op = PathFilter::Op;

TEST(Library, FitsTheAttachmentAndTheKernel) {
  EXPECT_EQ(library_for(Attachment::kFentry, saved_kernel("debian-6.12")).name, "lib_typed");
  EXPECT_EQ(library_for(Attachment::kKprobe, saved_kernel("debian-6.12")).name, "lib_plain");
  EXPECT_EQ(library_for(Attachment::kFentry, saved_kernel("debian-5.10")).name, "lib_typed_old");
  EXPECT_EQ(library_for(Attachment::kKprobe, saved_kernel("debian-5.10")).name, "lib_plain_old");
  EXPECT_FALSE(library_for(Attachment::kFentry, saved_kernel("debian-5.10")).bytes.empty());
}

TEST(Library, NamesFitTheKernel) {
  HookPlan hook;
  hook.function = "a.very.long_name_of_a_function";
  EXPECT_EQ(program_name(hook), "tl_a_very_long_");
  EXPECT_EQ(section_name(hook), "fentry/a.very.long_name_of_a_function");
  hook.attachment = Attachment::kKprobe;
  EXPECT_EQ(section_name(hook), "kprobe/a.very.long_name_of_a_function");
}

TEST(Library, ABrokenProgramIsRefused) {
  Lowered broken;
  EXPECT_FALSE(verified(broken));
}

}  // namespace
}  // namespace tripline
