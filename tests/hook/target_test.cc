// SPDX-License-Identifier: Apache-2.0
#include "hook/target.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

TEST(Target, NamesForPeopleAndForSections) {
  struct Row {
    Target target;
    const char* shorter;
    const char* full;
    const char* section;
    uint32_t functions;
  };
  for (const Row& row : {
           Row{target::Function{"fd_install"}, "fd_install", "fd_install", "fd_install", 1},
           {target::Function{"xfs_file_open", "xfs"}, "xfs_file_open", "xfs:xfs_file_open",
            "xfs:xfs_file_open", 1},
           {target::Functions{{"m:first", "second"}}, "first", "m:first", "m:first", 2},
           {target::Tracepoint{"sched", "sched_switch"}, "sched_switch", "sched_switch", "sched/sched_switch",
            1},
           {target::Tracepoint{"", "sched_switch"}, "sched_switch", "sched_switch", "sched_switch", 1},
           {target::LsmHook{"file_open"}, "file_open", "file_open", "file_open", 1},
           {target::Iterator{"task"}, "task", "task", "task", 1},
       }) {
    EXPECT_EQ(short_name(row.target), row.shorter);
    EXPECT_EQ(full_name(row.target), row.full);
    EXPECT_EQ(section_target(row.target), row.section);
    EXPECT_EQ(functions_of(row.target), row.functions) << row.full;
  }
}

TEST(Target, AFullNameHasItsParts) {
  for (const target::Function& function : {target::Function{"f"}, {"f", "m"}})
    EXPECT_EQ(function_named(full_name(function)), function);
}

}  // namespace
}  // namespace tripline
