// SPDX-License-Identifier: Apache-2.0
#include "compile/lower.h"

#include <gtest/gtest.h>

#include <regex>

#include "abi/record.h"
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
  return lower(plan({policy_of("p", {fd_install(std::move(selectors))})}), saved_kernel("debian-6.12"),
               {3, 7, 1, 0});
}

// The whole judge of a small policy: the one golden text of this room.
TEST(Lower, JudgeOfOneSelector) {
  EXPECT_EQ(
      ir::print(simplified(lowered({selector(Op::kEqual, {"/a"}, CheckedAction::Kind::kSigkill)}).judge)),
      R"(hook "fentry fd_install judge"
entry typed
document "p.yaml"
values 13

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
  v4 = call tl_file_value(v5, v3, 0)
  v6 = v4                                               ; p.yaml:7
  v6 &= 0x11fff                                         ; p.yaml:7
  v7 = v3                                               ; p.yaml:7
  v7 += 45064                                           ; p.yaml:7
  if v6 >= 4096 then done else on_3                     ; p.yaml:7
on_3:
  if v6 != 4094 then done else on_4                     ; p.yaml:7
on_4:
  v8 = u16[v7+4094] "bytes"                             ; p.yaml:7
  if v8 != 24879 then done else yes                     ; p.yaml:7
yes:
  v9 = control[16392]                                   ; p.yaml:12
  if u32 v9 == 0 then monitored else performed          ; p.yaml:12
monitored:
  call tl_count(0, 32)                                  ; p.yaml:12
  goto acted                                            ; p.yaml:12
performed:
  call bpf_send_signal(9)                               ; p.yaml:12
  call tl_count(0, 24)                                  ; p.yaml:12
  goto acted                                            ; p.yaml:12
acted:
  call tl_record_begin(v3, 1, 0)                        ; p.yaml:12
  v11 = argument 0                                      ; p.yaml:12
  v12 = v11                                             ; p.yaml:12
  v12 <<= 32                                            ; p.yaml:12
  v12 s>>= 32                                           ; p.yaml:12
  u64[v3+4136] = 0                                      ; p.yaml:12
  u64[v3+4144] = v12                                    ; p.yaml:12
  v10 = call tl_record_value(v3, 0, 48, 16, 64)         ; p.yaml:12
  call tl_record_send(v3, v10, 0)                       ; p.yaml:12
  goto done                                             ; p.yaml:12
done:
  call tl_slot_put(v3)
  return
)");
}

// Whatever the mode it begins with, the program can do both.
TEST(Lower, TheModeIsNotCompiledIn) {
  auto policy = std::make_shared<CheckedPolicy>(
      *policy_of("p", {fd_install({selector(Op::kEqual, {"/a"}, CheckedAction::Kind::kSigkill)})}));
  const std::string enforcing = ir::print(lower(plan({policy}), saved_kernel("debian-6.12"), {}).judge);
  policy->enforce = false;
  EXPECT_EQ(ir::print(lower(plan({policy}), saved_kernel("debian-6.12"), {}).judge), enforcing);
  policy->monitor_only = true;
  const std::string text = ir::print(lower(plan({policy}), saved_kernel("debian-6.12"), {}).judge);
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
  const std::string text =
      ir::print(lower(plan({policy_of("a", {fd_install({selector(Op::kEqual, {"/a"})})}),
                            policy_of("b", {fd_install({selector(Op::kEqual, {"/b"})})})}),
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

size_t occurrences(const std::string& text, std::string_view what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

TEST(Lower, OnlySelectorsThatAskPayForStacks) {
  CheckedSelector asks = selector(Op::kEqual, {"/a"});
  asks.actions[0].kernel_stack = true;
  asks.actions[0].user_stack = true;
  const Lowered program = lowered({selector(Op::kEqual, {"/b"}), asks});
  const Schema& schema = program.schemas[0];
  ASSERT_EQ(schema.fields.size(), 4U);
  EXPECT_EQ(schema.fields[2].type, FieldType::kKernelStack);
  EXPECT_EQ(schema.fields[3].type, FieldType::kUserStack);
  EXPECT_EQ(schema.fields[2].place, FieldPlace::kEvent);
  EXPECT_EQ(schema.fields[3].offset, schema.fields[2].offset + 8);
  EXPECT_EQ(schema.fixed_size, schema.fields[3].offset + 8);
  const std::string judge = ir::print(simplified(program.judge));
  const std::string at = std::to_string(schema.fields[2].offset),
                    user = std::to_string(schema.fields[3].offset);
  EXPECT_EQ(occurrences(judge, "call tl_stack("), 2U) << judge;
  EXPECT_EQ(occurrences(judge, "call tl_stack(v3, " + at + ","), 1U) << judge;
  EXPECT_EQ(occurrences(judge, "call tl_stack(v3, " + user + ","), 1U) << judge;
  EXPECT_EQ(lowered({selector(Op::kEqual, {"/b"})}).schemas[0].fields.size(), 2U);
}

// A selector that the entry did not match, and passed by, is passed by at the return.
TEST(Lower, TheReturnBeginsWhereTheEntryMatched) {
  CheckedHook hook =
      fd_install({selector(Op::kEqual, {"/a"}), selector(Op::kEqual, {"/b"}), selector(Op::kEqual, {"/c"})});
  hook.parameters = 2;
  hook.result = CheckedArg{.type = ArgType::kInt64, .source = {.kind = ArgSource::Kind::kResult, .index = 2}};
  for (CheckedSelector& each : hook.selectors) {
    each.return_filters = {IntFilter{.op = IntFilter::Op::kLess, .values = {{0, 0}}}};
    each.return_actions = {{}};
  }
  const std::vector policies = {policy_of("p", {hook})};
  const std::vector<HookPlan> plans = plan_hooks(policies);
  const std::string judge = ir::print(simplified(lower(plans[0], saved_kernel("debian-6.12"), {}).judge));
  EXPECT_NE(judge.find("entry selector"), std::string::npos) << judge;
  const auto passes = [&](const std::string& number) {
    return std::regex_search(judge, std::regex("if v[0-9]+ > " + number + " then next"));
  };
  EXPECT_TRUE(passes("0")) << judge;
  EXPECT_TRUE(passes("1")) << judge;
  EXPECT_FALSE(passes("2")) << judge;  // the last one that is left
}

// Each Post of the list has its say; what is compared tells entry from return, and one action before it from another.
TEST(Lower, RateLimitsAskBeforeTheRecordIsSent) {
  CheckedSelector limited = selector(Op::kEqual, {"/a"}, CheckedAction::Kind::kSigkill);
  limited.actions.push_back({.rate_limit = RateLimit{5'000, RateLimit::Scope::kThread}});
  limited.actions.push_back({.rate_limit = RateLimit{60'000, RateLimit::Scope::kGlobal}});
  const std::string judge = ir::print(simplified(lowered({limited}).judge));
  EXPECT_EQ(occurrences(judge, "call tl_rate_begin(v3, 2)"), 1U)
      << judge;  // the first hook of its policy, entry
  EXPECT_EQ(occurrences(judge, "call tl_rate_value(v3, 0, "), 1U) << judge;
  EXPECT_EQ(occurrences(judge, "call tl_rate_value(v3, 1, "), 1U) << judge;
  EXPECT_EQ(occurrences(judge, "call tl_rate_allows("), 2U) << judge;
  EXPECT_EQ(occurrences(judge, "call tl_rate_allows(v3, 3, 5000)"), 1U) << judge;  // after Sigkill
  EXPECT_EQ(occurrences(judge, "call tl_rate_allows(v3, 0x20001, 60000)"), 1U)
      << judge;  // after Post, global
  EXPECT_LT(judge.find("call tl_rate_allows(v3, 0x20001"), judge.find("call tl_record_send(")) << judge;
  EXPECT_EQ(ir::print(lowered({selector(Op::kEqual, {"/a"})}).judge).find("tl_rate"), std::string::npos);
}

TEST(Lower, TheEventNamesWhatTheAgentIsToAsk) {
  CheckedSelector asks = selector(Op::kEqual, {"/a"});
  asks.actions.push_back({.kind = CheckedAction::Kind::kGetUrl, .target = "http://a/"});
  const Lowered program = lowered({asks});
  EXPECT_EQ(program.schemas[0].selectors[0].action, ActionName::kGetUrl);
  EXPECT_EQ(program.schemas[0].selectors[0].target, "http://a/");
}

TEST(Lower, TheEntryNotesTheCallAndTheReturnLooksForIt) {
  CheckedHook hook = fd_install({selector(Op::kEqual, {"/a"})});
  hook.target = target::Function{"vfs_read"};
  hook.args = {{.type = ArgType::kFile}};
  hook.parameters = 4;
  hook.result = CheckedArg{.type = ArgType::kInt64, .source = {.kind = ArgSource::Kind::kResult, .index = 4}};
  hook.selectors[0].filters = {PathFilter{.arg = 0, .values = {"/a"}}};
  hook.selectors[0].return_filters = {IntFilter{.op = IntFilter::Op::kLess, .values = {{0, 0}}}};
  hook.selectors[0].return_actions = {{}};
  const std::vector policies = {policy_of("p", {hook})};
  const std::vector<HookPlan> plans = plan_hooks(policies);
  ASSERT_EQ(plans.size(), 2U);
  const Numbering numbering{.slot = 3, .born = 7, .first_schema = 5, .pairs = {42}};
  const Lowered at_return = lower(plans[0], saved_kernel("debian-6.12"), numbering);
  const Lowered entry = lower(plans[1], saved_kernel("debian-6.12"), numbering);
  EXPECT_EQ(entry.schemas[0].half, Half::kEntry);
  EXPECT_EQ(at_return.schemas[0].half, Half::kReturn);
  EXPECT_EQ(entry.schemas[0].pair, 42U);
  EXPECT_EQ(at_return.schemas[0].pair, 42U);
  ASSERT_EQ(at_return.schemas[0].fields.size(), 1U);
  EXPECT_EQ(at_return.schemas[0].fields[0].place, FieldPlace::kReturn);
  EXPECT_EQ(at_return.schemas[0].fields[0].offset, sizeof(tl_return));
  const std::string noted = ir::print(simplified(entry.judge));
  EXPECT_NE(noted.find("call tl_entry_send("), std::string::npos) << noted;
  EXPECT_EQ(noted.find("call tl_record_send("), std::string::npos) << noted;
  const std::string sent = ir::print(simplified(at_return.judge));
  EXPECT_NE(sent.find("call tl_entry_take(v2, 42, 0)"), std::string::npos) << sent;
  EXPECT_NE(sent.find("argument 4"), std::string::npos) << sent;
  // A value that no selector wants ends the call too: what was noted of it must go.
  EXPECT_EQ(at_return.filter_plan.form, FilterForm::kNone);
  // But where none is noted there is nothing to go; a socket that is returned is tracked all the same.
  const std::string_view noted_at_all = "control[4]";
  EXPECT_NE(ir::print(at_return.filter).find(noted_at_all), std::string::npos) << ir::print(at_return.filter);
  CheckedPolicy tracking = *policies[0];
  tracking.hooks[0].result->type = ArgType::kSock;
  tracking.hooks[0].selectors[0].return_filters.clear();
  tracking.hooks[0].result_tracking = SockTracking::kTrack;
  const std::vector tracked = {std::make_shared<const CheckedPolicy>(tracking)};
  const Lowered all = lower(plan_hooks(tracked)[0], saved_kernel("debian-6.12"), numbering);
  EXPECT_EQ(ir::print(all.filter).find(noted_at_all), std::string::npos) << ir::print(all.filter);
  // The same call at both ends, whatever calls of the function there are in it.
  EXPECT_NE(noted.find("call tl_entry_frame(v3, 0)"), std::string::npos) << noted;
  EXPECT_NE(sent.find("call tl_entry_frame(v2, 1)"), std::string::npos) << sent;
  // The return half of an event without its entry half is not sent.
  EXPECT_LT(sent.find("\"entry time\""), sent.find("call tl_record_begin(")) << sent;
}

// What is not posted, or not now, is noted all the same: what is to be done at the return does not depend on the event.
TEST(Lower, TheReturnIsWaitedForWithoutAnEventToo) {
  CheckedHook hook = fd_install({selector(Op::kEqual, {"/a"}), selector(Op::kEqual, {"/b"})});
  hook.parameters = 2;
  hook.result = CheckedArg{.type = ArgType::kInt64, .source = {.kind = ArgSource::Kind::kResult, .index = 2}};
  hook.selectors[0].actions = {{.kind = CheckedAction::Kind::kNoPost}};
  hook.selectors[1].actions = {{.rate_limit = RateLimit{5'000, RateLimit::Scope::kThread}}};
  for (CheckedSelector& each : hook.selectors) {
    each.return_filters = {IntFilter{.op = IntFilter::Op::kLess, .values = {{0, 0}}}};
    each.return_actions = {{.kind = CheckedAction::Kind::kSigkill}};
  }
  const std::vector policies = {policy_of("p", {hook})};
  const std::vector<HookPlan> plans = plan_hooks(policies);
  ASSERT_EQ(plans.size(), 2U);
  const std::string judge = ir::print(simplified(lower(plans[1], saved_kernel("debian-6.12"), {}).judge));
  EXPECT_EQ(occurrences(judge, "call tl_entry_note("), 2U) << judge;
  EXPECT_EQ(occurrences(judge, "call tl_entry_send("), 1U) << judge;
}

// What is behind a field of a record belongs to others: texts end with their field, and buffers too.
TEST(Lower, NothingIsReadBeyondAFieldOfARecord) {
  using Kind = ArgSource::Kind;
  CheckedHook hook = fd_install({}, Attachment::kTracepoint);
  hook.kind = HookKind::kTracepoint;
  hook.target = target::Tracepoint{"sub", "fd_install"};
  hook.selectors = {{.actions = {{}}}};
  const ArgSource field{.kind = Kind::kRecordAddress, .index = 4, .offset = 32, .size = 24};
  const ArgSource length{.kind = Kind::kRecord, .index = 5, .offset = 56, .size = 4};
  hook.args = {{.type = ArgType::kString, .source = field},
               {.type = ArgType::kDataLoc, .source = {.kind = Kind::kRecordData, .index = 6, .offset = 60}},
               {.type = ArgType::kCharBuf, .source = field, .size = length}};
  const std::string judge =
      ir::print(simplified(lower(plan({policy_of("p", {hook})}), saved_kernel("debian-6.12"), {}).judge));
  EXPECT_EQ(occurrences(judge, "call tl_record_text("), 2U) << judge;
  EXPECT_TRUE(std::regex_search(judge, std::regex("call tl_record_text\\(v[0-9]+, v[0-9]+, 0, 24\\)")))
      << judge;
  EXPECT_NE(judge.find("context u16[62]"), std::string::npos) << judge;
  EXPECT_TRUE(std::regex_search(judge, std::regex("if v[0-9]+ <= 24 then fits"))) << judge;
}

// The record waits in the judge; the hash is taken when that has returned, and with it the memory it held.
TEST(Lower, HashesAreTakenOutsideOfTheJudge) {
  CheckedHook hook =
      fd_install({selector(Op::kEqual, {"/a"}), selector(Op::kEqual, {"/b"})}, Attachment::kLsm);
  hook.kind = HookKind::kLsm;
  hook.call = "file_open";
  hook.target = target::LsmHook{hook.call};
  hook.args = {{.type = ArgType::kFile, .source = {.is_pointer = true}}};
  for (CheckedSelector& each : hook.selectors) std::get<PathFilter>(each.filters[0]).arg = 0;
  hook.selectors[1].actions[0].ima_hash = true;
  Kernel kernel = saved_kernel("debian-6.12");
  kernel.features.preempts = true;
  const Lowered lowered = lower(plan({policy_of("p", {hook})}), kernel, {3, 7, 1, 0});
  EXPECT_EQ(lowered.schemas[0].fields.back().type, FieldType::kImaHash);
  const std::string judge = ir::print(simplified(lowered.judge));
  EXPECT_NE(judge.find("call tl_record_send("), std::string::npos) << "of the first selector";
  EXPECT_NE(judge.find("call tl_hash_keep("), std::string::npos) << judge;
  EXPECT_EQ(judge.find("tl_hash_send"), std::string::npos) << judge;
  const std::string filter = ir::print(simplified(lowered.filter));
  const size_t judged = filter.find("tl_judge("), on = filter.find("bpf_preempt_enable()"),
               sent = filter.find("tl_hash_send(");
  EXPECT_TRUE(judged < on && on < sent && sent != std::string::npos) << filter;
  // Others of its kind neither sleep nor wait.
  hook.selectors[1].actions[0].ima_hash = false;
  const HookPlan quick = plan({policy_of("p", {hook})});
  EXPECT_FALSE(takes_hashes(quick));
  EXPECT_EQ(ir::print(lower(quick, kernel, {3, 7, 1, 0}).filter).find("tl_hash"), std::string::npos);
}

CheckedHook in_file(std::string path, std::vector<target::UserPlace> places) {
  CheckedHook hook;
  hook.kind = HookKind::kUprobe;
  hook.target = target::UserCode{{.path = std::move(path), .device = 1, .inode = 5}, std::move(places)};
  hook.attachment = Attachment::kUprobeMulti;
  hook.selectors.resize(1);
  hook.selectors[0].actions = {{}};
  return hook;
}

TEST(Lower, EventsNameAPlaceAsTheirPolicyDoes) {
  const HookPlan both =
      plan({policy_of("a", {in_file("/lib/l", {{0x10, 0, "f"}, {0x20, 0x300, "g+4"}})}),
            policy_of("b", {in_file("/usr/lib/l", {{0x20, 0x300, {}}, {0x10, 0, "alias"}})})});
  ASSERT_EQ(both.sections.size(), 2U);
  const Result<Object> object = compile(both, saved_kernel("debian-6.12"), {});
  ASSERT_TRUE(object) << object.error().text();
  ASSERT_EQ(object->schemas.size(), 4U) << "one for each place, section by section";
  const auto& schemas = object->schemas;
  EXPECT_EQ(schemas[0].path, "/lib/l");
  EXPECT_EQ(schemas[0].function, "f");
  EXPECT_EQ(schemas[0].offset, 0U) << "it is known by its name";
  EXPECT_EQ(schemas[1].function, "g+4");
  EXPECT_EQ(schemas[1].semaphore, 0x300U);
  EXPECT_EQ(schemas[2].path, "/usr/lib/l");
  EXPECT_EQ(schemas[2].function, "alias");
  EXPECT_EQ(schemas[3].function, "");
  EXPECT_EQ(schemas[3].offset, 0x20U);
}

}  // namespace
}  // namespace tripline
