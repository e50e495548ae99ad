// SPDX-License-Identifier: Apache-2.0
#include "compile/plan.h"

#include <gtest/gtest.h>

#include "compile/saved.h"

namespace tripline {
namespace {

using Op = PathFilter::Op;

TEST(Plan, SectionsOnTheirOwnHooksMakeProgramsOfTheirOwn) {
  CheckedHook other = fd_install({selector(Op::kEqual, {"/a"})});
  other.target = target::Function{"security_file_open"};
  const std::vector policies = {policy_of("a", {fd_install({selector(Op::kEqual, {"/a"})}), other})};
  const std::vector<HookPlan> plans = plan_hooks(policies);
  ASSERT_EQ(plans.size(), 2U);
  EXPECT_EQ(plans[1].target, other.target);
  EXPECT_EQ(plans[1].sections[0].hook, 1U);
}

TEST(Plan, SectionsOnOneHookStandInTheOrderOfTheirPolicies) {
  const std::vector policies = {policy_of("a", {fd_install({selector(Op::kEqual, {"/a"})}),
                                                fd_install({selector(Op::kEqual, {"/b"})})}),
                                policy_of("b", {fd_install({selector(Op::kEqual, {"/c"})})})};
  const std::vector<HookPlan> plans = plan_hooks(policies);
  ASSERT_EQ(plans.size(), 1U);
  ASSERT_EQ(plans[0].sections.size(), 3U);
  EXPECT_EQ(plans[0].sections[1].policy->name, "a");
  EXPECT_EQ(plans[0].sections[1].hook, 1U);
  EXPECT_EQ(plans[0].sections[2].policy->name, "b");
  EXPECT_EQ(counters_of(plans[0]), 3U);
}

TEST(Plan, SectionsKnowTheirPolicyByItsId) {
  const PlannedPolicy policies[] = {{policy_of("a", {fd_install({selector(Op::kEqual, {"/a"})})}), 7},
                                    {policy_of("b", {fd_install({selector(Op::kEqual, {"/b"})})}), 3}};
  const std::vector<HookPlan> plans = plan_hooks(policies);
  ASSERT_EQ(plans.size(), 1U);
  EXPECT_EQ(plans[0].sections[0].id, 7U);
  EXPECT_EQ(plans[0].sections[1].id, 3U);
}

TEST(Plan, AnotherAttachmentIsAnotherHook) {
  const std::vector policies = {
      policy_of("a", {fd_install({selector(Op::kEqual, {"/a"})})}),
      policy_of("b", {fd_install({selector(Op::kEqual, {"/a"})}, Attachment::kKprobe)})};
  EXPECT_EQ(plan_hooks(policies).size(), 2U);
}

// A policy may write any subsystem for a raw tracepoint; the event of an ordinary one is another in each.
TEST(Plan, ARawTracepointIsOneHookWhateverItsSubsystemIsCalled) {
  for (const Attachment attachment : {Attachment::kTracingRaw, Attachment::kTracepoint}) {
    CheckedHook one = fd_install({selector(Op::kEqual, {"/a"})}, attachment);
    one.target = target::Tracepoint{"sched", "sched_switch"};
    CheckedHook other = one;
    other.target = target::Tracepoint{"any", "sched_switch"};
    const std::vector policies = {policy_of("a", {one, other})};
    EXPECT_EQ(plan_hooks(policies).size(), attachment == Attachment::kTracingRaw ? 1U : 2U);
  }
}

// A hook that reads a file and returns a number, whose event is made at the return.
CheckedHook returning() {
  CheckedHook hook = fd_install({selector(Op::kEqual, {"/a"})});
  hook.target = target::Function{"vfs_read"};
  hook.args = {{.type = ArgType::kFile}};
  hook.parameters = 4;
  hook.result = CheckedArg{.type = ArgType::kInt64, .source = {.kind = ArgSource::Kind::kResult, .index = 4}};
  hook.selectors[0].filters = {PathFilter{.arg = 0, .values = {"/a"}}};
  hook.selectors[0].return_filters = {IntFilter{.op = IntFilter::Op::kLess, .values = {{0, 0}}}};
  hook.selectors[0].return_actions = {{.kind = CheckedAction::Kind::kNoPost}};
  return hook;
}

TEST(Plan, AReturnIsAHookOfItsOwnAndIsAttachedFirst) {
  for (const auto& [entry, at_return] :
       {std::pair{Attachment::kFentry, Attachment::kFexit}, {Attachment::kKprobe, Attachment::kKretprobe}}) {
    CheckedHook hook = returning();
    hook.attachment = entry;
    const std::vector policies = {policy_of("a", {hook})};
    const std::vector<HookPlan> plans = plan_hooks(policies);
    ASSERT_EQ(plans.size(), 2U);
    EXPECT_EQ(plans[0].attachment, at_return);
    EXPECT_EQ(plans[1].attachment, entry);
    const CheckedHook& section = plans[0].sections.at(0).section();
    ASSERT_EQ(section.args.size(), 1U);
    EXPECT_EQ(section.args[0].source.kind, ArgSource::Kind::kResult);
    EXPECT_TRUE(std::holds_alternative<IntFilter>(section.selectors.at(0).filters.at(0)));
    EXPECT_EQ(section.selectors[0].actions[0].kind, CheckedAction::Kind::kNoPost);
    EXPECT_TRUE(
        std::holds_alternative<PathFilter>(plans[1].sections.at(0).section().selectors.at(0).filters.at(0)));
  }
}

TEST(Plan, TheReturnOfAnOverriddenCallIsAttachedLast) {
  CheckedHook hook = returning();
  hook.attachment = Attachment::kKprobe;
  hook.selectors[0].actions = {{.kind = CheckedAction::Kind::kOverride}};
  const std::vector policies = {policy_of("a", {hook})};
  const std::vector<HookPlan> plans = plan_hooks(policies);
  ASSERT_EQ(plans.size(), 2U);
  EXPECT_EQ(plans[0].attachment, Attachment::kKprobe);
  EXPECT_EQ(plans[1].attachment, Attachment::kKretprobe);
}

TEST(Plan, HalvesOfACallShareANumberAndFitTogether) {
  CheckedHook hook = returning();
  hook.args = {{.type = ArgType::kNop},
               {.type = ArgType::kFile},
               {.type = ArgType::kCharBuf, .source = {.index = 1}, .return_copy = true, .label = "data"}};
  hook.selectors[0].filters.clear();
  const std::vector policies = {policy_of("a", {hook})};
  const std::vector<HookPlan> plans = plan_hooks(policies);
  ASSERT_EQ(plans.size(), 2U);
  const CheckedHook& section = plans[0].sections.at(0).section();
  ASSERT_EQ(section.args.size(), 2U);
  EXPECT_EQ(section.args[1].source.kind, ArgSource::Kind::kSaved);
  EXPECT_EQ(section.args[1].size, hook.result->source);
  EXPECT_EQ(pair_of(plans[0], {}, 0), pair_of(plans[1], {}, 0));
  EXPECT_EQ(pair_of(plans[0], {.pairs = {77}}, 0), 77U);
}

// A hook on these places of the file with this inode.
CheckedHook in_file(std::string path, uint64_t inode, std::vector<uint64_t> offsets,
                    Attachment attachment = Attachment::kUprobeMulti) {
  CheckedHook hook;
  hook.kind = HookKind::kUprobe;
  hook.call = path;
  target::UserCode code{{.path = std::move(path), .device = 1, .inode = inode}, {}};
  for (const uint64_t offset : offsets) code.places.push_back({offset, 0, {}});
  hook.target = std::move(code);
  hook.attachment = attachment;
  hook.selectors.resize(1);
  hook.selectors[0].actions = {{}};
  return hook;
}

std::vector<uint64_t> offsets_of(const HookPlan& plan) {
  std::vector<uint64_t> out;
  for (const target::UserPlace& place : std::get<target::UserCode>(plan.target).places)
    out.push_back(place.offset);
  return out;
}

std::vector<std::string> policies_of(const HookPlan& plan) {
  std::vector<std::string> out;
  for (const HookSection& section : plan.sections) out.push_back(section.policy->name);
  return out;
}

using Names = std::vector<std::string>;
using Offsets = std::vector<uint64_t>;

TEST(Plan, PlacesOfOneHookShareAProgram) {
  const std::vector policies = {policy_of("a", {in_file("/l", 5, {3, 1, 2})})};
  const std::vector<HookPlan> plans = plan_hooks(policies);
  ASSERT_EQ(plans.size(), 1U);
  EXPECT_EQ(offsets_of(plans[0]), (Offsets{3, 1, 2}));
  EXPECT_EQ(schemas_of_section(plans[0]), 3U);
}

TEST(Plan, PlacesWithTheSameSectionsShareAProgram) {
  const std::vector policies = {policy_of("a", {in_file("/l", 5, {1, 2, 3, 4})}),
                                policy_of("b", {in_file("/l", 5, {2, 4, 9})}),
                                policy_of("c", {in_file("/l", 5, {4})})};
  const std::vector<HookPlan> plans = plan_hooks(policies);
  ASSERT_EQ(plans.size(), 4U);
  EXPECT_EQ(offsets_of(plans[0]), (Offsets{1, 3}));
  EXPECT_EQ(policies_of(plans[0]), (Names{"a"}));
  EXPECT_EQ(offsets_of(plans[1]), (Offsets{2}));
  EXPECT_EQ(policies_of(plans[1]), (Names{"a", "b"}));
  EXPECT_EQ(offsets_of(plans[2]), (Offsets{4}));
  EXPECT_EQ(policies_of(plans[2]), (Names{"a", "b", "c"}));
  EXPECT_EQ(offsets_of(plans[3]), (Offsets{9}));
  EXPECT_EQ(policies_of(plans[3]), (Names{"b"}));
}

TEST(Plan, AFileIsKnownByItsInode) {
  const std::vector policies = {policy_of("a", {in_file("/lib/l", 5, {1})}),
                                policy_of("b", {in_file("/usr/lib/l", 5, {1})}),
                                policy_of("c", {in_file("/lib/l", 6, {1})})};
  const std::vector<HookPlan> plans = plan_hooks(policies);
  ASSERT_EQ(plans.size(), 2U);
  EXPECT_EQ(policies_of(plans[0]), (Names{"a", "b"}));
  EXPECT_EQ(policies_of(plans[1]), (Names{"c"})) << "the file was replaced in between";
  // Of another machine, where there is no inode, the path tells.
  const std::vector elsewhere = {policy_of("a", {in_file("/lib/l", 0, {1})}),
                                 policy_of("b", {in_file("/usr/lib/l", 0, {1})}),
                                 policy_of("c", {in_file("/lib/l", 0, {1})})};
  EXPECT_EQ(plan_hooks(elsewhere).size(), 2U);
}

TEST(Plan, AnotherSemaphoreOrAttachmentIsAnotherPlace) {
  CheckedHook counted = in_file("/l", 5, {1});
  std::get<target::UserCode>(counted.target).places[0].semaphore = 8;
  const std::vector policies = {
      policy_of("a", {in_file("/l", 5, {1}), counted, in_file("/l", 5, {1}, Attachment::kUprobe)})};
  EXPECT_EQ(plan_hooks(policies).size(), 3U);
}

TEST(Plan, TheReturnOfUserCodeIsAttachedFirst) {
  for (const auto& [entry, at_return] : {std::pair{Attachment::kUprobe, Attachment::kUretprobe},
                                         {Attachment::kUprobeMulti, Attachment::kUretprobeMulti}}) {
    CheckedHook returning = in_file("/l", 5, {1, 2}, entry);
    returning.result = CheckedArg{.type = ArgType::kInt64, .source = {.kind = ArgSource::Kind::kResult}};
    const std::vector policies = {policy_of("a", {in_file("/l", 5, {7}, entry), returning}),
                                  policy_of("b", {in_file("/l", 5, {2}, entry)})};
    const std::vector<HookPlan> plans = plan_hooks(policies);
    ASSERT_EQ(plans.size(), 4U);
    EXPECT_EQ(plans[0].attachment, at_return);
    EXPECT_EQ(offsets_of(plans[0]), (Offsets{1, 2})) << "only one of the policies waits for it";
    EXPECT_EQ(plans[0].sections.at(0).section().args.size(), 1U);
    for (size_t n = 1; n < plans.size(); ++n) EXPECT_EQ(plans[n].attachment, entry);
    EXPECT_EQ(pair_of(plans[0], {}, 0), 2U);
  }
}

TEST(Plan, ProgramsWaitForMemoryThatTheyRead) {
  Kernel kernel;
  kernel.features.uprobe_sleeps = true;
  CheckedHook hook = in_file("/l", 5, {1});
  const auto waits = [&] { return waits_for_memory(plan({policy_of("a", {hook})}), kernel); };
  EXPECT_FALSE(waits());
  hook.args = {{.type = ArgType::kInt64, .source = {.kind = ArgSource::Kind::kRegister}}};
  EXPECT_FALSE(waits()) << "a register is there";
  hook.args.push_back({.type = ArgType::kString, .source = {.kind = ArgSource::Kind::kRegister}});
  EXPECT_TRUE(waits());
  kernel.features.uprobe_sleeps = false;
  EXPECT_FALSE(waits());
}

}  // namespace
}  // namespace tripline
