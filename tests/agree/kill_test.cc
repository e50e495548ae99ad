// SPDX-License-Identifier: Apache-2.0
// Policies that are enforced: the process that makes a matching call dies of it, and the event is there all the same.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "abi/record.h"
#include "agree/kernel_memory.h"
#include "agree/trial.h"
#include "kernel/kernel.h"

namespace tripline::agree {
namespace {

using Kind = CheckedAction::Kind;

struct Case {
  std::string path;  // that the policy looks for
  std::vector<Kind> actions;
  bool enforce;
  int signal;  // the child dies of
  size_t records;
  tl_counter counter;
};

const std::vector<Case> kCases = {
    {"/etc/passwd", {Kind::kSigkill}, true, SIGKILL, 1, {.posted = 1, .signals = 1}},
    {"/etc/passwd", {Kind::kSigkill, Kind::kNoPost}, true, SIGKILL, 0, {.unposted = 1, .signals = 1}},
    {"/etc/passwd",
     {Kind::kPost, Kind::kSigkill, Kind::kSigkill},
     true,
     SIGKILL,
     1,
     {.posted = 1, .signals = 2}},
    {"/etc/passwd", {Kind::kSigkill}, false, 0, 1, {.posted = 1, .monitored_signals = 1}},
    {"/etc/passwd-", {Kind::kSigkill}, true, 0, 0, {}},
    {"/etc/passw", {Kind::kSigkill}, true, 0, 0, {}},
    {"/etc/passwd", {Kind::kPost}, true, 0, 1, {.posted = 1}},
};

TEST(AgreeKill, WhoMakesTheCall) {
  const oracle::Shape shape{
      "file_check_and_advance_wb_err", Attachment::kTracingRaw, {ArgType::kFile, ArgType::kInt32}};
  const Result<ProbeReport> probed = probe_kernel({.functions = false});
  ASSERT_TRUE(probed) << probed.error().text();
  const Result<std::unique_ptr<KernelMemory>> memory = KernelMemory::create();
  ASSERT_TRUE(memory) << memory.error().text();
  const Fd file(open("/etc/passwd", O_RDONLY));
  ASSERT_TRUE(file);
  const Result<uint64_t> address = (*memory)->open_file(file.get());
  ASSERT_TRUE(address);
  const uint64_t arguments[] = {*address, 0};
  for (const Case& c : kCases) {
    CheckedSelector selector;
    selector.filters = {PathFilter{.arg = 0, .op = PathFilter::Op::kEqual, .values = {c.path}, .span = {}}};
    for (const Kind kind : c.actions) selector.actions.push_back({.kind = kind, .span = {}});
    CheckedPolicy policy;
    policy.source_name = policy.name = "kill";
    policy.enforce = c.enforce;
    policy.hooks = {oracle::plain_section(shape, {selector})};
    const Result<std::unique_ptr<Trial>> trial = Trial::create({policy}, shape, probed->kernel);
    ASSERT_TRUE(trial) << trial.error().text();
    Runner& runner = (*trial)->runner();

    const pid_t child = fork();
    if (child == 0) _exit(runner.run(arguments) ? 0 : 1);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(WIFSIGNALED(status) ? WTERMSIG(status) : 0, c.signal) << (*trial)->describe();
    EXPECT_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : 0, 0);

    const std::vector<std::vector<std::byte>> records = runner.take_records();
    ASSERT_EQ(records.size(), c.records) << (*trial)->describe();
    for (const std::vector<std::byte>& record : records) {
      tl_record head = {};
      ASSERT_GE(record.size(), sizeof(head));
      std::memcpy(&head, record.data(), sizeof(head));
      EXPECT_EQ(head.tgid, static_cast<uint32_t>(child));
      EXPECT_EQ(head.tid, static_cast<uint32_t>(child));
    }
    const Result<std::vector<tl_counter>> counters = runner.counters();
    ASSERT_TRUE(counters);
    EXPECT_EQ(std::memcmp(&(*counters)[0], &c.counter, sizeof(tl_counter)), 0) << (*trial)->describe();
  }
}

// The same program enforces or not, as the word says, and goes on counting where it was.
TEST(AgreeKill, TheModeIsSwitchedWithoutAnotherProgram) {
  const oracle::Shape shape{
      "file_check_and_advance_wb_err", Attachment::kTracingRaw, {ArgType::kFile, ArgType::kInt32}};
  const Result<ProbeReport> probed = probe_kernel({.functions = false});
  ASSERT_TRUE(probed) << probed.error().text();
  CheckedSelector selector;
  selector.actions = {{.kind = Kind::kSigkill, .span = {}}};
  CheckedPolicy policy;
  policy.source_name = policy.name = "kill";
  policy.enforce = false;
  policy.hooks = {oracle::plain_section(shape, {selector})};
  const Numbering numbering{.modes = {77}};
  const Result<std::unique_ptr<Trial>> trial = Trial::create({policy}, shape, probed->kernel, numbering);
  ASSERT_TRUE(trial) << trial.error().text();
  Runner& runner = (*trial)->runner();
  const uint64_t arguments[] = {0, 0};
  for (const int signal : {0, SIGKILL, 0}) {
    ASSERT_TRUE(runner.set_enforces(77, signal != 0));
    const pid_t child = fork();
    if (child == 0) _exit(runner.run(arguments) ? 0 : 1);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(WIFSIGNALED(status) ? WTERMSIG(status) : 0, signal) << (*trial)->describe();
  }
  const Result<std::vector<tl_counter>> counters = runner.counters();
  ASSERT_TRUE(counters);
  EXPECT_EQ((*counters)[0].posted, 3U);
  EXPECT_EQ((*counters)[0].signals, 1U);
  EXPECT_EQ((*counters)[0].monitored_signals, 2U);
}

// An entry whose record does not fit is noted like any other: what is to be done when the call returns is done.
TEST(AgreeKill, TheReturnIsWaitedForThoughTheRingIsFull) {
  const oracle::Shape shape{
      "file_check_and_advance_wb_err", Attachment::kFentry, {ArgType::kFile, ArgType::kInt32}};
  const Result<ProbeReport> probed = probe_kernel({.functions = false});
  ASSERT_TRUE(probed) << probed.error().text();
  CheckedSelector selector;
  selector.actions = {{}};
  selector.return_actions = {{.kind = Kind::kSigkill, .span = {}}};
  auto policy = std::make_shared<CheckedPolicy>();
  policy->source_name = policy->name = "kill";
  policy->hooks = {oracle::plain_section(shape, {selector})};
  CheckedHook& hook = policy->hooks[0];
  std::erase_if(hook.args, [](const CheckedArg& arg) { return arg.type == ArgType::kFile; });
  hook.parameters = 2;
  hook.result = CheckedArg{.type = ArgType::kInt32, .source = {.kind = ArgSource::Kind::kResult, .index = 2}};
  const std::vector<std::shared_ptr<const CheckedPolicy>> policies = {policy};
  const std::vector<HookPlan> plans = plan_hooks(policies);
  ASSERT_EQ(plans.size(), 2U);
  const Result<Object> object = compile(plans[1], probed->kernel, {});
  ASSERT_TRUE(object) << object.error().text();
  const Result<std::unique_ptr<Runner>> runner = Runner::load(*object, shape.parameters, 1, 1);
  ASSERT_TRUE(runner) << runner.error().text();
  const uint64_t arguments[] = {0, 0};
  uint64_t lost = 0;
  for (int calls = 0; lost == 0 && calls < 10'000; ++calls) {
    ASSERT_TRUE((*runner)->run(arguments));
    const auto counters = (*runner)->counters();
    ASSERT_TRUE(counters);
    lost = (*counters)[0].lost;
    const std::vector<tl_entry> notes = (*runner)->notes();
    EXPECT_FALSE(notes.empty());
    const auto without_record =
        std::ranges::count_if(notes, [](const tl_entry& note) { return note.time == 0; });
    EXPECT_EQ(without_record, static_cast<int64_t>(lost));
  }
  EXPECT_EQ(lost, 1U);
}

}  // namespace
}  // namespace tripline::agree
