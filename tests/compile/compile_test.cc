// SPDX-License-Identifier: Apache-2.0
#include "compile/compile.h"

#include <bpf/libbpf.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "compile/builder.h"
#include "compile/saved.h"
#include "compile/translate.h"

namespace tripline {
namespace {

using Op = PathFilter::Op;

struct ObjectClose {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};

std::unique_ptr<bpf_object, ObjectClose> opened(const Object& object) {
  return std::unique_ptr<bpf_object, ObjectClose>(
      bpf_object__open_mem(object.elf.data(), object.elf.size(), nullptr));
}

TEST(Compile, EveryKernelAndAttachmentGivesAnObjectThatOpens) {
  for (const char* kernel : {"debian-5.10", "debian-6.1", "debian-6.12", "debian-7.3", "inject-6.12"}) {
    for (const Attachment attachment : {Attachment::kFentry, Attachment::kKprobe}) {
      const Result<Object> object =
          compile(plan({policy_of("p", {fd_install({selector(Op::kPrefix, {"/etc/"})}, attachment)})}),
                  saved_kernel(kernel), {});
      ASSERT_TRUE(object) << kernel << ": " << object.error().text();
      const auto elf = opened(*object);
      ASSERT_TRUE(elf) << kernel;
      const bpf_program* program = bpf_object__find_program_by_name(elf.get(), "tl_fd_install");
      ASSERT_NE(program, nullptr) << kernel;
      EXPECT_EQ(bpf_program__type(program),
                attachment == Attachment::kFentry ? BPF_PROG_TYPE_TRACING : BPF_PROG_TYPE_KPROBE);
      for (const char* map :
           {"tl_scratch", "tl_counters", "tl_life_count", "tl_events", ".data.tl_control"}) {
        EXPECT_NE(bpf_object__find_map_by_name(elf.get(), map), nullptr) << kernel << ": " << map;
      }
    }
  }
}

TEST(Compile, TheSameInputGivesTheSameBytes) {
  const HookPlan one = plan({policy_of("p", {fd_install({selector(Op::kEqual, {"/a"})})})});
  const Result<Object> first = compile(one, saved_kernel("debian-6.12"), {});
  const Result<Object> second = compile(one, saved_kernel("debian-6.12"), {});
  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  EXPECT_EQ(first->elf, second->elf);
}

TEST(Compile, PoliciesOnOneHookMakeOneProgram) {
  const std::vector policies = {
      policy_of("a", {fd_install({selector(Op::kEqual, {"/a"})})}),
      policy_of("b", {fd_install({selector(Op::kEqual, {"/b"}), selector(Op::kPrefix, {"/c"})})})};
  const std::vector<HookPlan> plans = plan_hooks(policies);
  ASSERT_EQ(plans.size(), 1U);
  EXPECT_EQ(counters_of(plans[0]), 3U);
  const Result<Object> object = compile(plans[0], saved_kernel("debian-6.12"), {4, 9, 20, 30});
  ASSERT_TRUE(object);
  ASSERT_EQ(object->programs.size(), 1U);
  EXPECT_EQ(object->programs[0],
            (ProgramInfo{"tl_fd_install", Attachment::kFentry, target::Function{"fd_install"}, 4, 9}));
  ASSERT_EQ(object->schemas.size(), 2U);
  EXPECT_EQ(object->schemas[0].id, 20U);
  EXPECT_EQ(object->schemas[1].id, 21U);
  EXPECT_EQ(object->schemas[1].policy, "b");
  EXPECT_EQ(object->schemas[1].selectors[0].counter, 31U);
  EXPECT_EQ(object->schemas[1].selectors[1].counter, 32U);
}

TEST(Compile, OneProgramForManyFunctionsHasSchemasOfEach) {
  CheckedHook hook = fd_install({selector(Op::kEqual, {"/a"})}, Attachment::kKprobeMulti);
  hook.target = target::Functions{{"fd_install", "close_fd", "thing:of_module"}};
  const std::vector<HookPlan> plans = plan_hooks(std::vector{policy_of("a", {hook}), policy_of("b", {hook})});
  ASSERT_EQ(plans.size(), 1U);
  EXPECT_EQ(schemas_of_section(plans[0]), 3U);
  const Result<Object> object = compile(plans[0], saved_kernel("debian-6.12"), {4, 9, 20, 30});
  ASSERT_TRUE(object) << object.error().text();
  EXPECT_EQ(object->programs[0].attach, Attachment::kKprobeMulti);
  EXPECT_EQ(object->programs[0].target, hook.target);
  ASSERT_EQ(object->schemas.size(), 6U);
  for (uint32_t n = 0; n < 6; ++n) {
    EXPECT_EQ(object->schemas[n].id, 20 + n);
    EXPECT_EQ(object->schemas[n].policy, n < 3 ? "a" : "b");
    EXPECT_EQ(object->schemas[n].selectors[0].counter, n < 3 ? 30U : 31U);
  }
  EXPECT_EQ(object->schemas[1].function, "close_fd");
  EXPECT_EQ(object->schemas[5].function, "of_module");
  const auto elf = opened(*object);
  const bpf_program* program = bpf_object__find_program_by_name(elf.get(), "tl_fd_install");
  ASSERT_NE(program, nullptr);
  EXPECT_EQ(bpf_program__expected_attach_type(program), BPF_TRACE_KPROBE_MULTI);
}

TEST(Compile, RecordsAreAsLongAsTheirFields) {
  const Result<Object> object = compile(plan({policy_of("p", {fd_install({selector(Op::kEqual, {"/a"})})})}),
                                        saved_kernel("debian-6.12"), {});
  ASSERT_TRUE(object);
  const Schema& schema = object->schemas[0];
  EXPECT_EQ(schema.fixed_size, 64U);
  EXPECT_EQ(schema.fields, (std::vector<Field>{{.type = FieldType::kInt, .offset = 32, .label = "fd"},
                                               {.type = FieldType::kFile, .offset = 48, .label = ""}}));
}

TEST(Compile, TheLastActionIsTheOneReported) {
  CheckedSelector two = selector(Op::kEqual, {"/a"}, CheckedAction::Kind::kSigkill);
  two.actions.push_back({CheckedAction::Kind::kNoPost, {}});
  const Result<Object> object =
      compile(plan({policy_of("p", {fd_install({two})})}), saved_kernel("debian-6.12"), {});
  ASSERT_TRUE(object);
  EXPECT_EQ(object->schemas[0].selectors[0].action, ActionName::kNoPost);
}

TEST(Compile, InstructionsKnowTheirPolicyLine) {
  const Result<Object> object = compile(plan({policy_of("p", {fd_install({selector(Op::kEqual, {"/a"})})})}),
                                        saved_kernel("debian-6.12"), {});
  ASSERT_TRUE(object);
  EXPECT_TRUE(std::ranges::any_of(object->lines, [](const LineInfo& line) {
    return line.function == "tl_judge" && line.policy == "p.yaml" && line.span.line == 7;
  }));
}

TEST(Compile, AThousandPoliciesFitOneProgram) {
  std::vector<std::shared_ptr<const CheckedPolicy>> many;
  for (int n = 0; n < 1000; ++n) {
    many.push_back(policy_of("p" + std::to_string(n),
                             {fd_install({selector(Op::kEqual, {"/a/" + std::to_string(n)})})}));
  }
  const Result<Object> object = compile(plan(many), saved_kernel("debian-6.12"), {});
  ASSERT_TRUE(object) << object.error().text();
  EXPECT_EQ(object->schemas.size(), 1000U);
}

TEST(Compile, AProgramThatIsTooLongIsRefused) {
  Builder builder("a hook", ir::Entry::kTyped, {});
  const ir::Value argument = builder.value();
  builder.add(ir::Argument{argument, 0});
  const Label far = builder.label("far");
  builder.branch_if(ir::Compare::kEqual, ir::Width::k8, argument, 0, far);
  for (int n = 0; n < 40000; ++n) builder.call(ir::Callee::tl_count, {int64_t{0}, int64_t{0}});
  builder.place(far);
  builder.finish_block();
  ir::Program program = builder.finish();
  EXPECT_FALSE(translate(program));
}

}  // namespace
}  // namespace tripline
