// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "kernel/kernel.h"

namespace tripline {
namespace {

ProbeScope nothing() {
  return {.features = false, .functions = false, .formats = false, .lsm_hooks = false, .modules = false};
}

TEST(Scope, WhatIsKnownIsNotAskedForAgain) {
  Kernel known;
  known.formats = {{"sched/sched_switch", {}}};
  EXPECT_TRUE(asks_nothing(missing_from(known, ProbeScope{}, ProbeScope{})));
  ProbeScope asked = nothing();
  asked.lsm_hooks_of = {"file_open"};
  ProbeScope wanted = nothing();
  wanted.lsm_hooks_of = {"file_open"};
  wanted.formats_of = {"sched/sched_switch"};
  EXPECT_TRUE(asks_nothing(missing_from(known, asked, wanted)));
  wanted.features = wanted.functions = wanted.modules = true;
  wanted.lsm_hooks_of.emplace_back("bprm_check_security");
  wanted.formats_of.emplace_back("sched/sched_wakeup");
  const ProbeScope missing = missing_from(known, asked, wanted);
  EXPECT_TRUE(missing.features && missing.functions && missing.modules);
  EXPECT_FALSE(missing.formats || missing.lsm_hooks);
  EXPECT_EQ(missing.lsm_hooks_of, std::vector<std::string>{"bprm_check_security"});
  EXPECT_EQ(missing.formats_of, std::vector<std::string>{"sched/sched_wakeup"});
}

// Its module may have been loaded after everything was asked for.
TEST(Scope, WhatIsNotKnownIsAskedForAgain) {
  ProbeScope wanted = nothing();
  wanted.functions_of = {"of_module"};
  wanted.formats_of = {"xfs/xfs_read"};
  const ProbeScope missing = missing_from({}, ProbeScope{}, wanted);
  EXPECT_EQ(missing.functions_of, wanted.functions_of);
  EXPECT_EQ(missing.formats_of, wanted.formats_of);
}

// A kernel that learns one thing after the other knows what one does that was asked for all at once.
TEST(Scope, AKernelCanLearnMore) {
  ProbeScope one = nothing();
  one.features = true;
  one.formats_of = {"sched/sched_switch"};
  one.lsm_hooks_of = {"file_open"};
  ProbeScope two = nothing();
  two.formats_of = {"raw_syscalls/sys_exit"};
  two.lsm_hooks_of = {"bprm_check_security", "file_open"};
  ProbeScope all = one;
  all.formats_of.emplace_back("raw_syscalls/sys_exit");
  all.lsm_hooks_of.emplace_back("bprm_check_security");
  Result<ProbeReport> first = probe_kernel(one);
  ASSERT_TRUE(first);
  const ProbeReport more = probe_more(std::move(first->kernel), first->scope, two);
  const Result<ProbeReport> whole = probe_kernel(all);
  ASSERT_TRUE(whole);
  EXPECT_EQ(more.kernel.formats, whole->kernel.formats);
  EXPECT_EQ(more.kernel.lsm_refused, whole->kernel.lsm_refused);
  EXPECT_EQ(more.kernel.lsm_bool, whole->kernel.lsm_bool);
  EXPECT_EQ(more.kernel.tracepoints, whole->kernel.tracepoints);
  EXPECT_EQ(more.kernel.features, whole->kernel.features);
  EXPECT_TRUE(missing_from(more.kernel, more.scope, all).lsm_hooks_of.empty());
}

}  // namespace
}  // namespace tripline
