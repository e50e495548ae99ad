// SPDX-License-Identifier: Apache-2.0
#include "compile/hold.h"

#include <gtest/gtest.h>

#include "compile/compile.h"
#include "compile/saved.h"

namespace tripline {
namespace {

ir::Program filter() {
  const Result<ir::Program> parsed = ir::parse(R"(hook "fentry f"
entry typed
values 2

start:
  v0 = argument 0
  if u32 v0 == 7 then maybe else no
maybe:
  v1 = call tl_judge()
  return v1
no:
  return
)");
  EXPECT_TRUE(parsed) << parsed.error().text();
  return *parsed;
}

std::string held(Hold what) {
  ir::Program program = filter();
  hold(program, what);
  ir::simplify(program);  // leaves the calls where they are
  EXPECT_EQ(ir::verify(program), "");
  return ir::print(program);
}

TEST(Hold, TheWholeProgramFromFirstToLast) {
  EXPECT_EQ(held(Hold::kWhole), R"(hook "fentry f"
entry typed
values 2

start:
  call bpf_preempt_disable()
  v0 = argument 0
  if u32 v0 == 7 then maybe else no
maybe:
  v1 = call tl_judge()
  call bpf_local_irq_save()
  call bpf_preempt_enable()
  call bpf_local_irq_restore()
  return v1
no:
  call bpf_local_irq_save()
  call bpf_preempt_enable()
  call bpf_local_irq_restore()
  return
)");
}

TEST(Hold, OnlyTheJudge) {
  EXPECT_EQ(held(Hold::kJudge), R"(hook "fentry f"
entry typed
values 2

start:
  v0 = argument 0
  if u32 v0 == 7 then maybe else no
maybe:
  call bpf_preempt_disable()
  v1 = call tl_judge()
  call bpf_preempt_enable()
  return v1
no:
  return
)");
}

TEST(Hold, NothingOfTheProgram) { EXPECT_EQ(held(Hold::kNone), ir::print(filter())); }

TEST(Hold, WhereTasksPreemptPrograms) {
  const Kernel& lazy = saved_kernel("debian-7.3");
  EXPECT_EQ(hold_of(Attachment::kFentry, lazy), Hold::kWhole);
  EXPECT_EQ(hold_of(Attachment::kFexit, lazy), Hold::kWhole);
  EXPECT_EQ(hold_of(Attachment::kFmodRet, lazy), Hold::kWhole);
  EXPECT_EQ(hold_of(Attachment::kTracingRaw, lazy), Hold::kWhole);
  EXPECT_EQ(hold_of(Attachment::kLsm, lazy), Hold::kJudge);
  EXPECT_EQ(hold_of(Attachment::kKprobe, lazy), Hold::kNone);
  EXPECT_EQ(hold_of(Attachment::kTracepoint, lazy), Hold::kNone);
  EXPECT_EQ(hold_of(Attachment::kFentry, saved_kernel("debian-6.12")), Hold::kNone);
}

// The kernel's functions have other numbers elsewhere, so the object names them.
TEST(Hold, TheObjectNamesTheKernelsFunctions) {
  const HookPlan hook = plan({policy_of("p", {fd_install({selector(PathFilter::Op::kEqual, {"/a"})})})});
  const auto held_object = compile(hook, saved_kernel("debian-7.3"), {});
  ASSERT_TRUE(held_object) << held_object.error().text();
  std::vector<std::string> names;
  for (const KernelCall& call : held_object->programs.at(0).kernel_calls) names.push_back(call.function);
  ASSERT_EQ(names.size() % 3, 1U);  // one at the start, three at each end
  EXPECT_EQ(std::vector(names.begin(), names.begin() + 4),
            (std::vector<std::string>{"bpf_preempt_disable", "bpf_local_irq_save", "bpf_preempt_enable",
                                      "bpf_local_irq_restore"}));
  const auto free_object = compile(hook, saved_kernel("debian-6.12"), {});
  ASSERT_TRUE(free_object) << free_object.error().text();
  EXPECT_TRUE(free_object->programs.at(0).kernel_calls.empty());
}

}  // namespace
}  // namespace tripline
