// SPDX-License-Identifier: Apache-2.0
#include "compile/lower.h"

#include <gtest/gtest.h>

#include "compile/saved.h"

namespace tripline {
namespace {

using Op = PathFilter::Op;

ir::Program simplified(ir::Program program) {
  ir::simplify(program);
  EXPECT_EQ(ir::verify(program), "");
  return program;
}

Lowered lowered(std::vector<CheckedSelector> selectors) {
  return lower(plan({policy("p", {fd_install(std::move(selectors))})}), saved_kernel("debian-6.12"),
               {3, 7, 1, 0});
}

// The whole judge of a small policy: the one golden text of this room.
TEST(Lower, JudgeOfOneSelector) {
  EXPECT_EQ(
      ir::print(simplified(lowered({selector(Op::kEqual, {"/a"}, CheckedAction::Kind::kSigkill)}).judge)),
      R"(hook "fentry fd_install judge"
entry typed
document "p.yaml"
values 11

entry:
  v0 = control[0]
  v1 = control[20]
  if u32 v0 < 7 then out else on
on:
  if u32 v0 > v1 then out else on_2
on_2:
  if u32 v0 == v1 then dying else older
dying:
  v2 = call tl_taken(v0)
  if v2 != 0 then out else live
older:
  if u32 v0 == 7 then taking else live
taking:
  call tl_take(v0)
  goto live
live:
  v3 = call tl_slot_get()
  if v3 == 0 then out else held
out:
  return
held:
  v5 = argument 1
  v4 = call tl_file_path(v5, v3, 0)
  v6 = v4                                               ; p.yaml:7
  v6 &= 0x11fff                                         ; p.yaml:7
  v7 = v3                                               ; p.yaml:7
  v7 += 24712                                           ; p.yaml:7
  if v6 >= 4096 then done else on_3                     ; p.yaml:7
on_3:
  if v6 != 4094 then done else on_4                     ; p.yaml:7
on_4:
  v8 = u16[v7+4094] "path"                              ; p.yaml:7
  if v8 != 24879 then done else yes                     ; p.yaml:7
yes:
  call bpf_send_signal(9)                               ; p.yaml:12
  call tl_count(0, 24)                                  ; p.yaml:12
  call tl_record_begin(v3, 1, 0)                        ; p.yaml:12
  v10 = argument 0                                      ; p.yaml:12
  u32[v3+168] = v10                                     ; p.yaml:12
  v9 = call tl_record_file(v3, 36, 0, 44)               ; p.yaml:12
  call tl_record_send(v3, v9, 0)                        ; p.yaml:12
  goto done                                             ; p.yaml:12
done:
  call tl_slot_put(v3)
  return
)");
}

TEST(Lower, MonitorModeSendsNoSignal) {
  auto monitored = std::make_shared<CheckedPolicy>(
      *policy("p", {fd_install({selector(Op::kEqual, {"/a"}, CheckedAction::Kind::kSigkill)})}));
  monitored->enforce = false;
  const std::string text = ir::print(lower(plan({monitored}), saved_kernel("debian-6.12"), {}).judge);
  EXPECT_EQ(text.find("bpf_send_signal"), std::string::npos);
  EXPECT_NE(text.find("call tl_count(0, 32)"), std::string::npos) << text;  // monitored
  EXPECT_NE(text.find("tl_record_send"), std::string::npos);
}

TEST(Lower, NoPostSendsNoRecord) {
  const std::string text =
      ir::print(lowered({selector(Op::kEqual, {"/a"}, CheckedAction::Kind::kNoPost)}).judge);
  EXPECT_EQ(text.find("tl_record_send"), std::string::npos);
  EXPECT_NE(text.find("call tl_count(0, 16)"), std::string::npos) << text;  // unposted
}

TEST(Lower, ThePolicyLoadedLastIsJudgedFirst) {
  const std::string text = ir::print(lower(plan({policy("a", {fd_install({selector(Op::kEqual, {"/a"})})}),
                                                 policy("b", {fd_install({selector(Op::kEqual, {"/b"})})})}),
                                           saved_kernel("debian-6.12"), {})
                                         .judge);
  EXPECT_LT(text.find("tl_record_begin(v3, 2, 0)"), text.find("tl_record_begin(v3, 1, 0)")) << text;
}

TEST(Lower, AValueLongerThanAnyPathNeverMatches) {
  const Lowered program = lowered({selector(Op::kEqual, {std::string(5000, 'x')})});
  EXPECT_EQ(ir::verify(program.judge), "");
  EXPECT_LT(ir::print(program.judge).size(), 4000U);
}

TEST(Lower, ManyValuesAreVerifiedAndSimplified) {
  std::vector<std::string> values;
  for (int n = 0; n < 300; ++n) values.push_back("/a/" + std::string(static_cast<size_t>(n), 'x'));
  for (const Op op :
       {Op::kEqual, Op::kNotEqual, Op::kPrefix, Op::kNotPrefix, Op::kPostfix, Op::kNotPostfix}) {
    const Lowered program = lowered({selector(op, values)});
    simplified(program.judge);
    simplified(program.filter);
  }
}

}  // namespace
}  // namespace tripline
