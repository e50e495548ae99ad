// SPDX-License-Identifier: Apache-2.0
#include "ir/flow.h"

#include <gtest/gtest.h>

namespace tripline::ir {
namespace {

TEST(Flow, AssignedAndUsed) {
  EXPECT_EQ(assigned(Store{{1}, 0, Width::k8, Value{2}}), std::nullopt);
  EXPECT_EQ(used(Op(Store{{1}, 0, Width::k8, Value{2}})), (std::vector<Value>{{1}, {2}}));
  EXPECT_EQ(assigned(Binary{BinaryOp::kAdd, {1}, int64_t{2}}), Value{1});
  EXPECT_EQ(used(Op(Binary{BinaryOp::kAdd, {1}, int64_t{2}})), (std::vector<Value>{{1}}));
  EXPECT_EQ(used(Op(Call{Value{4}, Callee::tl_count, {Value{2}, int64_t{3}}})), (std::vector<Value>{{2}}));
  EXPECT_EQ(targets(Branch{Compare::kEqual, Width::k8, {0}, int64_t{0}, 2, 2}), (std::vector<uint32_t>{2}));
}

TEST(Flow, Pure) {
  EXPECT_TRUE(pure(Call{Value{0}, Callee::bpf_get_current_task_btf, {}}));
  EXPECT_FALSE(pure(Call{Value{0}, Callee::tl_slot_get, {}}));
  EXPECT_FALSE(pure(Store{{1}, 0, Width::k8, Value{2}}));
}

TEST(Flow, ScratchValues) {
  const Result<Program> program = parse(R"(hook "h"
entry typed
values 6

a:
  v0 = argument 0
  v1 = u64[v0]
  v2 = v3
  v3 = call tl_slot_get()
  v4 = v1
  v4 += v2
  v5 = call bpf_get_current_task_btf()
  return
)");
  ASSERT_TRUE(program) << program.error().text();
  EXPECT_EQ(scratch_values(*program), (std::vector<bool>{false, false, true, true, true, false}));
}

TEST(Flow, ValueSet) {
  ValueSet a(130);
  ValueSet b(130);
  a.add({0});
  a.add({129});
  b.add({129});
  b.add({64});
  ValueSet both = a;
  both.keep_common(b);
  EXPECT_TRUE(both.has({129}));
  EXPECT_FALSE(both.has({0}) || both.has({64}));
  a.remove({129});
  EXPECT_TRUE(a.has({0}));
  EXPECT_FALSE(a.has({129}));
}

}  // namespace
}  // namespace tripline::ir
