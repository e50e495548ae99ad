// SPDX-License-Identifier: Apache-2.0
#include "compile/compile.h"

#include <gtest/gtest.h>

#include "compile/saved.h"

namespace tripline {
namespace {

using Op = PathFilter::Op;

TEST(Explain, SaysWhatHappensAndWhereItComesFrom) {
  const Result<std::string> text = explain(
      plan({policy_of("p", {fd_install({selector(Op::kPostfix, {"/a"}, CheckedAction::Kind::kSigkill)})})}),
      saved_kernel("debian-6.12"));
  ASSERT_TRUE(text);
  for (const char* part :
       {"hook fd_install", "attached by fentry: for a test", "Postfix \"/a\"  ; line 7", "then Sigkill",
        "args[1] File at 48", "filter program", "judge program", "; p.yaml:12"}) {
    EXPECT_NE(text->find(part), std::string::npos) << part << "\n" << *text;
  }
}

TEST(Explain, NamesTheLineOfEachCheckOfTheFilter) {
  const Result<std::string> text = explain(
      plan({policy_of("p", {fd_install({selector(Op::kPostfix, {"/a"}, CheckedAction::Kind::kSigkill)})})}),
      saved_kernel("debian-6.12"));
  ASSERT_TRUE(text);
  EXPECT_NE(text->find("last component of the path of argument 1: 1 names  ; p.yaml:7\n"), std::string::npos)
      << *text;
  EXPECT_NE(text->find("a call that the filter rejects costs about "), std::string::npos) << *text;
  EXPECT_NE(text->find("one that only the judge rejects costs about "), std::string::npos) << *text;
}

TEST(Explain, SaysWherePreemptionIsOff) {
  const HookPlan hook = plan({policy_of("p", {fd_install({selector(Op::kEqual, {"/a"})})})});
  const Result<std::string> lazy = explain(hook, saved_kernel("debian-7.3"));
  ASSERT_TRUE(lazy);
  EXPECT_NE(lazy->find("preemption is off while it runs"), std::string::npos) << *lazy;
  EXPECT_NE(lazy->find("call bpf_preempt_disable"), std::string::npos) << *lazy;
  EXPECT_NE(lazy->find("r1 = r10"), std::string::npos) << *lazy;  // where the state of interrupts is kept
  const Result<std::string> voluntary = explain(hook, saved_kernel("debian-6.12"));
  ASSERT_TRUE(voluntary);
  EXPECT_EQ(voluntary->find("preempt"), std::string::npos) << *voluntary;
}

TEST(Explain, SaysWhatPostShowsBesides) {
  CheckedSelector asks = selector(Op::kPostfix, {"/a"});
  asks.actions[0].ima_hash = true;
  const Result<std::string> text =
      explain(plan({policy_of("p", {fd_install({asks}, Attachment::kLsm)})}), saved_kernel("debian-6.12"));
  ASSERT_TRUE(text);
  for (const char* part :
       {"then Post with the file's hash, for which the call waits\n", "ImaHash at ", "call tl_hash_send"})
    EXPECT_NE(text->find(part), std::string::npos) << part << "\n" << *text;
}

TEST(Explain, SaysThatEveryCallMatches) {
  const CheckedSelector all{.actions = {{}}, .span = {.line = 9}};
  const Result<std::string> text =
      explain(plan({policy_of("p", {fd_install({all})})}), saved_kernel("debian-6.12"));
  ASSERT_TRUE(text);
  EXPECT_NE(text->find("every call matches"), std::string::npos) << *text;
  EXPECT_EQ(text->find("rejects"), std::string::npos) << *text;
}

}  // namespace
}  // namespace tripline
