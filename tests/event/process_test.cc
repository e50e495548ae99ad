// SPDX-License-Identifier: Apache-2.0
#include "event/process.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "abi/maps.h"
#include "event/process_fixture.h"
#include "event/records.h"
#include "event/text.h"

namespace tripline {
namespace {

using test::kOffset;
using test::ProcessTest;

using namespace std::string_literals;

std::string id(uint64_t start, uint32_t pid) {
  return base64("node:" + std::to_string(start) + ":" + std::to_string(pid));
}

TEST_F(ProcessTest, RunningProcesses) {
  ASSERT_EQ(running.size(), 3u);
  const Process& kernel = *running[0].process.process;
  EXPECT_EQ(kernel.binary, "<kernel>");
  EXPECT_EQ(kernel.flags, "procFS");
  EXPECT_EQ(kernel.exec_id, id(1, 0));
  EXPECT_EQ(kernel.parent_exec_id, id(1, 0)) << "its own parent";
  EXPECT_EQ(running[0].parent->process, running[0].process.process);
  const Process& init = *running[1].process.process;
  EXPECT_EQ(init.exec_id, id(100, 1));
  EXPECT_EQ(init.binary, "/sbin/init");
  EXPECT_EQ(init.flags, "procFS rootcwd");
  EXPECT_EQ(init.parent_exec_id, id(1, 0));
  EXPECT_EQ(running[1].parent->process->binary, "<kernel>");
  const Process& shell = *running[2].process.process;
  EXPECT_EQ(shell.flags, "procFS");
  EXPECT_EQ(shell.arguments, "-l");
  EXPECT_EQ(shell.cwd, "/root");
  EXPECT_EQ(shell.start_time, kOffset + 200);
  EXPECT_EQ(shell.parent_exec_id, id(100, 1));
  EXPECT_EQ(running[2].time, kOffset + 200);
}

TEST_F(ProcessTest, KernelThreadsAndMissingExe) {
  RunningProcess thread{.pid = 30, .parent = 2, .kernel_thread = "kworker/0:1"};
  RunningProcess gone{.pid = 31, .parent = 10, .argv = "name\0arg\0"s};
  auto events = table.add_running(std::vector{thread, gone});
  ASSERT_EQ(events.size(), 2u) << "threads of the kernel are known, and nothing is told of them";
  const Event of_thread = hook(30);
  EXPECT_EQ(of_thread.process.process->binary, "[kworker/0:1]");
  EXPECT_EQ(of_thread.process.process->flags, "procFS nocwd");
  EXPECT_FALSE(of_thread.parent);
  EXPECT_EQ(events[1].process.process->binary, "name");
  EXPECT_EQ(events[1].process.process->arguments, "arg");
}

// As a tree is told from its root: nobody comes before his parent.
TEST_F(ProcessTest, RunningProcessesComeGenerationByGeneration) {
  const RunningProcess child{.pid = 20, .parent = 10, .start = 300};
  const RunningProcess grandchild{.pid = 21, .parent = 20, .start = 400};
  const RunningProcess late{.pid = 22, .parent = 10, .start = 500};
  std::vector<uint32_t> pids;
  for (const Event& event : table.add_running(std::vector{late, grandchild, child}))
    pids.push_back(event.process.process->pid);
  EXPECT_EQ(pids, (std::vector<uint32_t>{0, 20, 22, 21}));
}

// --- the cache ------------------------------------------------------------------------------------------------------

TEST_F(ProcessTest, TheCacheCountsWhatRefersToAnImage) {
  const auto cached = [&](uint32_t pid, std::string_view binary) {
    for (const CachedProcess& one : table.cached())
      if (one.shown.process->pid == pid && one.shown.process->binary == binary) return one;
    return CachedProcess{.refcnt = 99};
  };
  using State = CachedProcess::State;
  CachedProcess shell = cached(10, "/usr/bin/bash");
  EXPECT_EQ(shell.refcnt, 1u);
  EXPECT_EQ(shell.shown.refcnt, 0u);
  fork(20, 10);
  CachedProcess forked = cached(20, "/usr/bin/bash");
  EXPECT_EQ(forked.shown.refcnt, 1u) << "as its exit shows it";
  EXPECT_EQ(forked.refcnt, 1u);
  EXPECT_EQ(cached(10, "/usr/bin/bash").refcnt, 2u);
  exec(20, 10, "/bin/cat");
  EXPECT_EQ(cached(20, "/usr/bin/bash").refcnt, 0u) << "it gave way";
  EXPECT_EQ(cached(20, "/usr/bin/bash").state, State::kDeletePending);
  fork(21, 20);
  exit(20);
  CachedProcess cat = cached(20, "/bin/cat");
  EXPECT_FALSE(cat.live);
  EXPECT_EQ(cat.refcnt, 1u) << "its child";
  EXPECT_EQ(cat.state, State::kInUse);
  exit(21);
  shell = cached(10, "/usr/bin/bash");
  EXPECT_EQ(shell.children, 2u) << "two images: the fork and the exec";
  EXPECT_EQ(shell.ended_children, 2u);
  time += 3'000'000'000;
  fork(22, 10);
  EXPECT_EQ(cached(20, "/bin/cat").state, State::kDeleteReady);
  time += 3'000'000'000;
  fork(23, 10);
  EXPECT_EQ(cached(20, "/bin/cat").refcnt, 99u) << "gone";
}

class WithoutCache : public ProcessTest {
 protected:
  WithoutCache()
      : ProcessTest({.node_name = "node", .wall_offset = kOffset, .ancestors_base = true, .cache = false}) {}
};

TEST_F(WithoutCache, ExecEventsAreWholeAndOthersNameTheProcess) {
  EXPECT_EQ(running[2].process.process->binary, "/usr/bin/bash");
  EXPECT_FALSE(running[2].parent);
  fork(20, 10);
  const Event event = exec(20, 10, "/bin/cat a b");
  EXPECT_EQ(event.process.process->binary, "/bin/cat");
  EXPECT_EQ(event.process.process->arguments, "a b");
  EXPECT_EQ(event.process.process->flags, "execve clone");
  EXPECT_EQ(event.process.process->parent_exec_id, id(200, 10));
  EXPECT_FALSE(event.parent);
  EXPECT_TRUE(event.ancestors.empty());
  for (const Event& other : {hook(20), exit(20)}) {
    EXPECT_EQ(*other.process.process, (Process{.pid = 20, .start_time = event.process.process->start_time}));
    EXPECT_FALSE(other.process.tid);
    EXPECT_EQ(other.process.refcnt, 0u);
    EXPECT_FALSE(other.parent);
  }
  EXPECT_EQ(hook(99).process.process->flags, "unknown");
  EXPECT_TRUE(table.cached().empty());
}

TEST_F(WithoutCache, AnExecHasTheImageBeforeAsItsParent) {
  fork(20, 10);
  const std::string before = exec(20, 10, "/bin/a").process.process->exec_id;
  EXPECT_EQ(exec(20, 10, "/bin/b").process.process->parent_exec_id, before);
}

// --- cgroups that begin too many ------------------------------------------------------------------------------------

TEST_F(ProcessTest, AThrottledCgroupIsAnEventOfNoProcess) {
  tl_throttle throttle{.head = test::make_head(TL_RECORD_THROTTLE, 500, 10), .cgroup = 7, .name = "hot"};
  test::Bytes bytes;
  test::append(bytes, throttle);
  test::set_size(bytes);
  const auto event = consume(bytes);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->time, kOffset + 500);
  EXPECT_FALSE(event->process.process);
  EXPECT_EQ(std::get<ProcessThrottle>(event->payload).type, ProcessThrottle::Type::kStart);
  EXPECT_EQ(std::get<ProcessThrottle>(event->payload).cgroup, "hot") << "without the rest of the record";
  Event stop;
  table.show_unthrottled(stop, "hot", 600);
  EXPECT_EQ(std::get<ProcessThrottle>(stop.payload).type, ProcessThrottle::Type::kStop);
}

// --- execs ----------------------------------------------------------------------------------------------------------

TEST_F(ProcessTest, ExecAfterFork) {
  fork(20, 10);
  Event event = exec(20, 10, "/bin/cat a b");
  const Process& process = *event.process.process;
  EXPECT_EQ(process.exec_id, id(1002, 20));
  EXPECT_EQ(process.flags, "execve clone");
  EXPECT_EQ(process.binary, "/bin/cat");
  EXPECT_EQ(process.arguments, "a b");
  EXPECT_EQ(process.cwd, "/mnt");
  EXPECT_EQ(process.pid, 20u);
  EXPECT_EQ(process.auid, 0xffffffffu);
  EXPECT_EQ(process.in_init_tree, false);
  EXPECT_EQ(process.start_time, kOffset + 1002);
  EXPECT_EQ(process.parent_exec_id, id(200, 10));
  EXPECT_FALSE(process.cap);
  EXPECT_FALSE(process.credentials);
  EXPECT_FALSE(process.ns);
  EXPECT_EQ(event.time, kOffset + 1002);
  EXPECT_EQ(event.process.tid, 20u);
  EXPECT_EQ(event.process.refcnt, 0u);
  EXPECT_EQ(event.parent->process->binary, "/usr/bin/bash");
  EXPECT_EQ(event.parent->refcnt, 0u);
  EXPECT_TRUE(event.ancestors.empty());
}

TEST_F(ProcessTest, ExecAgainIsAChildOfTheImageItReplaces) {
  fork(20, 10);
  exec(20, 10, "/bin/a one");
  Event second = exec(20, 10, "/bin/b two");
  EXPECT_EQ(second.process.process->flags, "execve");
  EXPECT_EQ(second.process.process->parent_exec_id, id(1002, 20));
  EXPECT_EQ(second.parent->process->binary, "/bin/a");
  Event third = exec(20, 10, "/bin/c");
  EXPECT_EQ(third.parent->process->binary, "/bin/b");
  Event end = exit(20);
  EXPECT_EQ(end.process.process->binary, "/bin/c");
  EXPECT_EQ(end.parent->process->binary, "/bin/b");
}

TEST_F(ProcessTest, ExecOfAProcessThatRanBefore) {
  Event event = exec(10, 1, "/bin/sh");
  EXPECT_EQ(event.process.process->flags, "execve");
  EXPECT_EQ(event.parent->process->flags, "procFS");
  EXPECT_EQ(event.parent->process->pid, 10u);
}

TEST_F(ProcessTest, ForkedAndNeverExeced) {
  fork(20, 10);
  exec(20, 10, "/bin/act fork", {.flags = TL_EXEC_CWD_ROOT}, "/");
  fork(21, 20);
  Event event = exit(21, 4 << 8);
  const Process& process = *event.process.process;
  EXPECT_EQ(process.exec_id, id(1003, 21));
  EXPECT_EQ(process.flags, "execve");
  EXPECT_EQ(process.binary, "/bin/act");
  EXPECT_EQ(process.arguments, "fork");
  EXPECT_EQ(process.cwd, "/");
  EXPECT_EQ(process.pid, 21u);
  EXPECT_EQ(process.start_time, kOffset + 1003);
  EXPECT_EQ(event.process.refcnt, 1u);
  EXPECT_EQ(std::get<ProcessExit>(event.payload).status, 4u);
  EXPECT_EQ(event.parent->process->exec_id, id(1002, 20));
}

TEST_F(ProcessTest, ForkerStaysTheParentAfterItEnded) {
  fork(20, 10);
  exec(20, 10, "/bin/act");
  fork(21, 20);
  exit(20);
  time += 60'000'000'000;
  fork(99, 10);
  Event event = exit(21);
  EXPECT_EQ(event.parent->process->binary, "/bin/act");
  EXPECT_EQ(event.parent->process->exec_id, id(1002, 20));
}

TEST_F(ProcessTest, AnOrphanThatExecsBelongsToItsReaper) {
  fork(20, 10);
  exec(20, 10, "/bin/act");
  fork(21, 20);
  exit(20);
  Event event = exec(21, 1, "/bin/orphan");
  EXPECT_EQ(event.process.process->flags, "execve clone");
  EXPECT_EQ(event.parent->process->binary, "/sbin/init");
}

TEST_F(ProcessTest, CloneParent) {
  fork(20, 10);
  exec(20, 10, "/bin/act clone");
  fork(21, 20, 10);
  Event hooked = hook(21);
  EXPECT_EQ(hooked.process.process->arguments, "clone");
  EXPECT_EQ(hooked.parent->process->binary, "/usr/bin/bash");
  EXPECT_EQ(exec(21, 10, "/bin/sib").parent->process->binary, "/usr/bin/bash");
}

TEST_F(ProcessTest, ExitCodes) {
  struct Case {
    uint32_t code;
    const char* signal;
    uint32_t status;
  };
  for (Case c : {Case{0, "", 0}, {0xff00, "", 255}, {9, "SIGKILL", 0}, {0x8b, "SIGSEGV", 0}, {40, "", 0}}) {
    fork(20, 10);
    ProcessExit end = std::get<ProcessExit>(exit(20, c.code).payload);
    EXPECT_EQ(end.signal, c.signal);
    EXPECT_EQ(end.status, c.status);
  }
}

TEST_F(ProcessTest, ExitOnce) {
  fork(20, 10);
  exit(20, 3 << 8);
  EXPECT_FALSE(
      consume(test::exit_bytes({.head = test::make_head(TL_RECORD_EXIT, ++time, 20), .code = 5 << 8})));
  EXPECT_FALSE(consume(test::exit_bytes({.head = test::make_head(TL_RECORD_EXIT, ++time, 777)})));
}

TEST_F(ProcessTest, AnEventThatNobodyLooksAtIsNotMade) {
  const auto passes = [&](Schema schema, ActionName action) {
    schema.selectors.at(0).action = action;
    HookRecord record{
        .head = {++time, 10, 10}, .schema = std::make_shared<const Schema>(schema), .fields = {}};
    return table.pass_over(record);
  };
  Schema schema = test::fd_install_schema();
  EXPECT_TRUE(passes(schema, ActionName::kPost));
  EXPECT_FALSE(passes(schema, ActionName::kGetUrl)) << "there is something to be done for it";
  EXPECT_FALSE(passes(schema, ActionName::kDnsLookup));
  schema.half = Half::kEntry;
  EXPECT_FALSE(passes(schema, ActionName::kPost)) << "somebody may look at it by the time it is whole";
  schema.half = Half::kReturn;
  EXPECT_FALSE(passes(schema, ActionName::kPost));
}

TEST_F(ProcessTest, WhetherAnybodyLooksIsAskedBeforeArgumentsAreMade) {
  using Outcome = ProcessTable::Outcome;
  fork(20, 10);
  exec(20, 10, "/bin/act");
  const Event whole = hook(20, 25);
  Event event;
  const auto outcome = [&](ActionName action, Half half, bool looks, int& asked) {
    Schema schema = test::fd_install_schema();
    schema.selectors.at(0).action = action;
    schema.half = half;
    schema.id = 8 + static_cast<uint32_t>(time);
    schemas.add(schema);
    tl_record head = test::make_head(TL_RECORD_HOOK, ++time, 20, 25);
    head.schema = schema.id;
    const test::Bytes bytes = test::fd_install_bytes(head, 3, "/etc/passwd");
    const auto record = decode_record(bytes, schemas);
    EXPECT_TRUE(record);
    return table.consume(*record, event, [&](const Event& begun) {
      ++asked;
      EXPECT_EQ(begun.process.process->binary, "/bin/act");
      EXPECT_EQ(std::get<ProcessKprobe>(begun.payload).policy, "watch-files");
      return looks;
    });
  };
  int asked = 0;
  EXPECT_EQ(outcome(ActionName::kPost, Half::kWhole, false, asked), Outcome::kUnwanted);
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(outcome(ActionName::kPost, Half::kWhole, true, asked), Outcome::kEvent);
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(std::get<ProcessKprobe>(event.payload).args, std::get<ProcessKprobe>(whole.payload).args);
  EXPECT_EQ(event.process.tid, 25U);
  EXPECT_EQ(outcome(ActionName::kGetUrl, Half::kWhole, false, asked), Outcome::kEvent);
  EXPECT_EQ(outcome(ActionName::kPost, Half::kEntry, false, asked), Outcome::kNone);
  EXPECT_EQ(asked, 2) << "there is something to be done, or more to come";
}

TEST_F(ProcessTest, HookEvents) {
  fork(20, 10);
  exec(20, 10, "/bin/act");
  fork(21, 20);
  Event event = hook(20, 25, 1);
  EXPECT_EQ(event.process.tid, 25u);
  EXPECT_EQ(event.process.refcnt, 2u);
  EXPECT_EQ(event.process.process->binary, "/bin/act");
  const auto& kprobe = std::get<ProcessKprobe>(event.payload);
  EXPECT_EQ(kprobe.function, "fd_install");
  EXPECT_EQ(kprobe.policy, "watch-files");
  EXPECT_EQ(kprobe.action, Action::kSigkill);
  EXPECT_EQ(kprobe.return_action, Action::kPost);
  std::vector<Argument> args = {{IntArg{3}, "fd"}, {FileArg{"/etc/passwd", "", "-rw-r--r--"}, ""}};
  EXPECT_EQ(kprobe.args, args);
}

// A hook whose entry and return have a record each.
class HalvesTest : public ProcessTest {
 protected:
  HalvesTest() {
    Schema entry = test::one_field_schema(FieldType::kInt);
    entry.half = Half::kEntry;
    entry.pair = 3;
    schemas.add(entry);
    Schema returned = test::one_field_schema(FieldType::kLong);
    returned.id = 9;
    returned.half = Half::kReturn;
    returned.pair = 3;
    returned.fields = {{FieldType::kLong, sizeof(tl_return), "", FieldPlace::kReturn, 0},
                       {FieldType::kOwner, sizeof(tl_return) + sizeof(tl_number), "", FieldPlace::kEvent, 0}};
    returned.fixed_size = sizeof(tl_return) + sizeof(tl_number) + sizeof(tl_owner);
    schemas.add(returned);
  }
  // Returns the time of the record.
  uint64_t enter(uint32_t pid, uint32_t tid) {
    test::Bytes bytes;
    tl_record head = test::make_head(TL_RECORD_HOOK, ++time, pid, tid);
    head.schema = 8;
    test::append(bytes, head);
    test::append(bytes, tl_number{.number = 4});
    test::set_size(bytes);
    EXPECT_FALSE(consume(bytes));
    return time;
  }
  std::optional<Event> leave(uint32_t pid, uint32_t tid, uint64_t entry_time, uint32_t owner = 0) {
    test::Bytes bytes;
    tl_return head{.head = test::make_head(TL_RECORD_HOOK, ++time, pid, tid), .entry_time = entry_time};
    head.head.schema = 9;
    test::append(bytes, head);
    test::append(bytes, tl_number{.number = 6});
    test::append(bytes, tl_owner{.tgid = owner, .tid = owner});
    test::set_size(bytes);
    return consume(bytes);
  }
};

TEST_F(HalvesTest, OneEventAtTheReturnOfTheProcessAtTheEntry) {
  fork(20, 10);
  exec(20, 10, "/bin/before");
  uint64_t entered = enter(20, 25);
  exec(20, 10, "/bin/after");
  EXPECT_EQ(table.halves().waiting(), 1u);
  auto event = leave(20, 25, entered);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->time, kOffset + static_cast<int64_t>(entered));
  EXPECT_EQ(event->process.process->binary, "/bin/before");
  EXPECT_EQ(event->process.tid, 25u);
  const auto& kprobe = std::get<ProcessKprobe>(event->payload);
  EXPECT_EQ(kprobe.args, (std::vector<Argument>{{IntArg{4}, "label"}}));
  EXPECT_EQ(kprobe.returned, (Argument{LongArg{6}, ""}));
  EXPECT_FALSE(leave(20, 25, entered));
}

TEST_F(HalvesTest, EntryOfAProcessThatHasEndedWaits) {
  fork(20, 10);
  exec(20, 10, "/bin/a");
  uint64_t entered = enter(20, 20);
  exit(20);
  EXPECT_EQ(table.halves().waiting(), 1u);
  EXPECT_EQ(leave(20, 20, entered)->process.process->binary, "/bin/a");
}

TEST_F(HalvesTest, OwnerOfWhatIsReturned) {
  fork(20, 10);
  exec(20, 10, "/bin/a");
  uint64_t entered = enter(10, 10);
  auto event = leave(10, 10, entered, 20);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->process.process->binary, "/bin/a");
  EXPECT_EQ(event->process.tid, 20u);
  EXPECT_EQ(event->time, kOffset + static_cast<int64_t>(entered));
  EXPECT_EQ(std::get<ProcessKprobe>(event->payload).args.size(), 1u);
}

TEST_F(ProcessTest, EventsOfAnOwner) {
  fork(20, 10);
  exec(20, 10, "/bin/owner");
  schemas.add(test::one_field_schema(FieldType::kOwner));
  auto owned = [&](tl_owner owner) {
    auto event = consume(test::one_field_bytes(owner));
    EXPECT_TRUE(event);
    EXPECT_TRUE(std::get<ProcessKprobe>(event->payload).args.empty());
    return event->process;
  };
  Shown shown = owned({.tgid = 20, .tid = 21});
  EXPECT_EQ(shown.process->binary, "/bin/owner");
  EXPECT_EQ(shown.tid, 21u);
  EXPECT_EQ(owned({}).process->pid, 100u);
  EXPECT_EQ(owned({.tgid = 77, .tid = 78}).process->pid, 77u);
  EXPECT_EQ(owned({.head = {.status = TL_VALUE_BAD_ADDRESS}, .tgid = 20}).process->pid, 100u);
}

class WithStacks : public ProcessTest {
 protected:
  static std::shared_ptr<StackNamer> namer() {
    return std::make_shared<StackNamer>(StackSources{
        .kernel_symbols = [] { return std::string("0000000000001000 T here\n"); },
        .maps = [](uint32_t tgid) { return "1000-2000 r-xp 0 08:01 1 [" + std::to_string(tgid) + "]\n"; },
        .file = [](uint32_t, const Mapping&, uint64_t, size_t) { return std::string{}; }});
  }
  WithStacks() : ProcessTest({.node_name = "node", .stacks = namer()}) {}
  std::string address = std::string("\x04\x10\0\0\0\0\0\0", 8);
};

TEST_F(WithStacks, Named) {
  schemas.add(test::one_field_schema(FieldType::kKernelStack));
  auto event = consume(test::one_field_bytes(tl_field{}, address));
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<ProcessKprobe>(event->payload).kernel_stack,
            std::vector{(StackFrame{.offset = 4, .symbol = "here"})});
  schemas.add(test::one_field_schema(FieldType::kUserStack));
  event = consume(test::one_field_bytes(tl_field{}, address));
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<ProcessKprobe>(event->payload).user_stack,
            std::vector{(StackFrame{.offset = 4, .module = "[100]"})});
}

// A process can have gone by the time the kernel's symbols are read.
TEST(Stacks, TheUsersIsNamedFirst) {
  std::string asked;
  const auto namer = std::make_shared<StackNamer>(
      StackSources{.kernel_symbols = [&] { return asked += "kernel ", std::string(); },
                   .maps = [&](uint32_t) { return asked += "user ", std::string(); },
                   .file = [](uint32_t, const Mapping&, uint64_t, size_t) { return std::string(); }});
  ProcessTable table({.node_name = "node", .stacks = namer});
  Schema schema = test::one_field_schema(FieldType::kKernelStack);
  schema.fields.push_back({FieldType::kUserStack, 0, ""});
  HookRecord record{.head = {1, 100, 100}, .schema = std::make_shared<const Schema>(schema), .fields = {}};
  const std::string address(8, '\1');
  record.fields.resize(2);
  for (FieldValue& value : record.fields) value.bytes = address;
  EXPECT_TRUE(table.consume(record));
  EXPECT_EQ(asked, "user kernel ");
}

TEST_F(ProcessTest, StacksWithoutANamer) {
  schemas.add(test::one_field_schema(FieldType::kKernelStack));
  auto event = consume(test::one_field_bytes(tl_field{}, std::string(8, '\1')));
  ASSERT_TRUE(event);
  EXPECT_TRUE(std::get<ProcessKprobe>(event->payload).kernel_stack.empty());
}

TEST_F(ProcessTest, HooksOfADyingTaskStillNameIt) {
  fork(20, 10);
  exec(20, 10, "/bin/act");
  exit(20);
  EXPECT_EQ(hook(20).process.process->binary, "/bin/act");
  time += 60'000'000'000;
  EXPECT_EQ(hook(20).process.process->flags, "unknown");
}

TEST_F(ProcessTest, HookOfAnUnknownProcess) {
  Event event = hook(77);
  EXPECT_EQ(event.process.process->pid, 77u);
  EXPECT_EQ(event.process.process->flags, "unknown");
  EXPECT_FALSE(event.process.process->uid);
  EXPECT_FALSE(event.process.tid);
  EXPECT_FALSE(event.parent);
}

TEST_F(ProcessTest, ExecWithoutItsFork) {
  Event event = exec(50, 10, "/bin/late");
  EXPECT_EQ(event.process.process->flags, "execve miss");
  EXPECT_EQ(event.parent->process->binary, "/usr/bin/bash");
  Event lost = exec(52, 51, "/bin/lost");
  EXPECT_EQ(lost.process.process->flags, "execve miss");
  EXPECT_FALSE(lost.parent);
  EXPECT_EQ(lost.process.process->parent_exec_id, "");
}

TEST_F(ProcessTest, ForkOfALivingPidBeginsAnew) {
  fork(20, 10);
  exec(20, 10, "/bin/one");
  fork(20, 10);  // its exit was lost
  EXPECT_EQ(exec(20, 10, "/bin/two").process.process->flags, "execve clone");
}

TEST_F(ProcessTest, CwdFlags) {
  fork(20, 10);
  auto shown = [&](uint32_t flags, std::string_view cwd) {
    const Process& process = *exec(20, 10, "/bin/a", {.flags = flags}, cwd).process.process;
    return process.flags + "|" + std::string(process.cwd);
  };
  EXPECT_EQ(shown(0, "/a"), "execve clone|/a");
  EXPECT_EQ(shown(TL_EXEC_CWD_ROOT, "/"), "execve rootcwd|/");
  EXPECT_EQ(shown(0, "/"), "execve rootcwd|/");
  EXPECT_EQ(shown(TL_EXEC_CWD_UNREADABLE, ""), "execve errorCWD|");
  EXPECT_EQ(shown(TL_EXEC_CWD_INCOMPLETE, "/b"), "execve errorPathResolutionCwd|/b");
  EXPECT_EQ(shown(0, "/x/gone (deleted)"), "execve|/x/gone (deleted)");
  EXPECT_EQ(shown(TL_EXEC_ARGS_TRUNCATED | TL_EXEC_ARGS_UNREADABLE | TL_EXEC_NAME_TRUNCATED, "/b"),
            "execve truncArgs errorFilename errorArgs|/b");
}

TEST_F(ProcessTest, NamesAndArgumentsThatAreLong) {
  fork(20, 10);
  auto flags = [&](size_t name, size_t argument) {
    std::string line = "/" + std::string(name - 1, 'n');
    if (argument > 0) line += " " + std::string(argument - 1, 'a');
    return exec(20, 10, line).process.process->flags;
  };
  EXPECT_EQ(flags(21, 938), "execve clone");
  EXPECT_EQ(flags(21, 939), "execve dataArgs");
  EXPECT_EQ(flags(253, 0), "execve");
  EXPECT_EQ(flags(253, 706), "execve");
  EXPECT_EQ(flags(253, 707), "execve dataArgs");
  EXPECT_EQ(flags(254, 0), "execve dataFilename");
  EXPECT_EQ(flags(254, 927), "execve dataFilename");
  EXPECT_EQ(flags(254, 928), "execve dataFilename dataArgs");
  EXPECT_EQ(flags(1436, 9), "execve dataFilename");
  EXPECT_EQ(flags(300, 5000), "execve dataFilename dataArgs");
}

TEST_F(ProcessTest, RelativeNames) {
  fork(20, 10);
  EXPECT_EQ(exec(20, 10, "d/../tool x", {}, "/mnt/work").process.process->binary, "/mnt/work/tool");
}

TEST_F(ProcessTest, InitTree) {
  fork(20, 10);
  exec(20, 10, "/bin/unshare");
  fork(21, 20, 0, 1, 1);
  Event event = exec(21, 20, "/bin/init", {.pid_in_ns = 1, .ns_level = 1});
  EXPECT_EQ(event.process.process->flags, "execve clone inInitTree");
  EXPECT_EQ(event.process.process->in_init_tree, true);
  fork(22, 21, 0, 2, 1);
  Event forked = exit(22);
  EXPECT_EQ(forked.process.process->flags, "execve inInitTree");
  // Entering the namespace from outside does not make a process descend from its init.
  fork(23, 20, 0, 3, 1);
  EXPECT_EQ(exec(23, 20, "/bin/entered", {.pid_in_ns = 3, .ns_level = 1}).process.process->in_init_tree,
            false);
  EXPECT_EQ(exit(20).process.process->in_init_tree, false);
}

// A process maps code of a file.
test::Bytes mapped(uint32_t pid, std::string_view path, std::string_view id) {
  tl_record head = test::make_head(TL_RECORD_HOOK, 900, pid);
  head.schema = 9;
  tl_build_id build{.inode = 5, .bytes = 6, .known = static_cast<uint32_t>(id.size())};
  std::ranges::copy(id, build.id);
  test::Bytes bytes;
  test::append(bytes, head);
  test::append(bytes, tl_path{.head = {.size = static_cast<uint32_t>(path.size())}});
  test::append(bytes, build);
  test::append_text(bytes, path);
  test::set_size(bytes);
  return bytes;
}

Schema mapped_schema() {
  constexpr uint32_t kId = sizeof(tl_record) + sizeof(tl_path);
  return {.id = 9,
          .kind = EventKind::kLoader,
          .fixed_size = kId + sizeof(tl_build_id),
          .fields = {{FieldType::kFile, sizeof(tl_record), ""},
                     {FieldType::kBuildId, kId, "", FieldPlace::kEvent}},
          .selectors = {{ActionName::kPost, 0, ""}}};
}

TEST_F(ProcessTest, MappedCodeIsToldOnceForEachFile) {
  schemas.add(mapped_schema());
  const auto event = consume(mapped(10, "/lib/a", "\x01\x02"));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->process.process->binary, "/usr/bin/bash");
  EXPECT_EQ(std::get<ProcessLoader>(event->payload).path, "/lib/a");
  EXPECT_EQ(std::get<ProcessLoader>(event->payload).build_id, "\x01\x02");
  EXPECT_FALSE(consume(mapped(10, "/lib/a", "\x01\x02")));
  EXPECT_TRUE(consume(mapped(1, "/lib/a", "\x01\x02")));
  EXPECT_TRUE(consume(mapped(10, "/lib/b", "\x01\x02")));
  exec(10, 1, "/bin/other");
  EXPECT_FALSE(consume(mapped(10, "/lib/a", "\x01\x02"))) << "it is the same process";
  exit(10);
  fork(10, 1);
  EXPECT_TRUE(consume(mapped(10, "/lib/a", "\x01\x02"))) << "it is another";
}

TEST(ProcessLoaded, AnIdThatWasNotInMemoryIsLookedFor) {
  ProcessOptions options;
  options.build_id = [](const MappedFile& file) -> std::optional<std::string> {
    EXPECT_EQ(file.tgid, 10U);
    EXPECT_EQ(file.inode, 5U);
    EXPECT_EQ(file.bytes, 6U);
    if (file.path == "/found") return "\x03";
    if (file.path == "/none") return "";
    return std::nullopt;
  };
  ProcessTable table(std::move(options));
  SchemaTable schemas;
  schemas.add(mapped_schema());
  const auto id_of = [&](std::string_view path, std::string_view known) -> std::optional<std::string> {
    const test::Bytes bytes = mapped(10, path, known);
    const auto event = table.consume(*decode_record(bytes, schemas));
    if (!event) return std::nullopt;
    return std::get<ProcessLoader>(event->payload).build_id;
  };
  EXPECT_EQ(id_of("/found", ""), "\x03");
  EXPECT_EQ(id_of("/none", ""), std::nullopt) << "a file without one";
  EXPECT_EQ(id_of("/gone", ""), "") << "nobody can tell";
  EXPECT_EQ(id_of("/known", "\x04"), "\x04");
}

TEST_F(ProcessTest, Tree) {
  table.mark_root(20);  // not known yet
  EXPECT_TRUE(table.in_tree(20));
  fork(20, 10);
  EXPECT_TRUE(exec(20, 10, "/bin/cmd").in_tree);
  fork(21, 20);
  fork(22, 21);
  fork(23, 20, 10);  // CLONE_PARENT: still made by a process of the tree
  exit(21);
  EXPECT_TRUE(exec(22, 1, "/bin/orphan").in_tree);
  EXPECT_TRUE(exec(22, 1, "/bin/again").in_tree);
  EXPECT_TRUE(hook(23).in_tree);
  EXPECT_TRUE(exit(20).in_tree);
  EXPECT_TRUE(exit(22).in_tree);
  fork(30, 10);
  EXPECT_FALSE(exec(30, 10, "/bin/other").in_tree);
  fork(20, 10);  // the pid again, another process
  EXPECT_FALSE(exec(20, 10, "/bin/other").in_tree);
  EXPECT_FALSE(table.in_tree(20));
  table.mark_root(30);
  EXPECT_TRUE(hook(30).in_tree);
}

TEST_F(ProcessTest, EndedImagesAreLetGo) {
  size_t before = table.images();
  for (uint32_t pid = 100; pid < 1100; pid++) {
    fork(pid, 10);
    exec(pid, 10, "/bin/true");
    exit(pid);
  }
  EXPECT_EQ(table.images(), before + 2000);
  time += 60'000'000'000;
  fork(20, 10);
  EXPECT_EQ(table.images(), before + 1);
}

// A process that execs itself for ever: only the image before the last is named.
TEST_F(ProcessTest, ReplacedImagesAreLetGo) {
  fork(20, 10);
  for (int round = 0; round < 1000; round++) {
    exec(20, 10, "/bin/again");
    time += 1'000'000'000;
  }
  EXPECT_LT(table.images(), 20u);
}

struct SmallTable : ProcessTest {
  SmallTable()
      : ProcessTest({.node_name = "node", .wall_offset = kOffset, .ancestors_base = true, .capacity = 10}) {}
};

std::string long_arguments(char letter) { return "/bin/long " + std::string(TL_ARGS_MAX - 100, letter); }

// Its children, and what they exec into, are thousands; what it was given it has once.
TEST_F(ProcessTest, ForksShareArguments) {
  fork(20, 10);
  const Event parent = exec(20, 10, long_arguments('a'));
  const std::string_view arguments = parent.process.process->arguments;
  for (uint32_t pid = 100; pid < 200; pid++) {
    fork(pid, 20);
    const std::string_view inherited = hook(pid).process.process->arguments;
    EXPECT_EQ(inherited.data(), arguments.data());
    EXPECT_EQ(inherited.size(), arguments.size());
  }
}

struct LittleRoom : ProcessTest {
  LittleRoom()
      : ProcessTest({.node_name = "node",
                     .environment = true,
                     .ancestors_base = true,
                     .paths = 20'000,
                     .texts = 300'000}) {}
};

TEST_F(LittleRoom, NewImagesAreKeptShort) {
  std::vector<std::string> flags;
  for (uint32_t pid = 100; pid < 110; pid++) {
    fork(pid, 10);
    const Event event = exec(pid, 10, long_arguments('b'));
    EXPECT_EQ(event.process.process->arguments, std::string(TL_ARGS_MAX - 100, 'b'));
    EXPECT_EQ(event.process.process->flags, "execve clone dataArgs");
    const Process& kept = *hook(pid).process.process;
    EXPECT_EQ(kept.exec_id, event.process.process->exec_id);
    EXPECT_EQ(kept.parent_exec_id, event.process.process->parent_exec_id);
    EXPECT_TRUE(std::string(TL_ARGS_MAX - 100, 'b').starts_with(kept.arguments));
    if (kept.arguments.size() == 1024) flags.push_back(kept.flags);
  }
  EXPECT_EQ(flags, std::vector<std::string>(8, "execve truncArgs clone dataArgs"));
  EXPECT_EQ(table.shortened(), 8u);
  // Short ones are whole, and there is room again when the others have gone.
  fork(20, 10);
  EXPECT_EQ(exec(20, 10, "/bin/a short").process.process->arguments, "short");
  EXPECT_EQ(hook(20).process.process->flags, "execve clone");
  for (uint32_t pid = 100; pid < 110; pid++) exit(pid);
  time += 60'000'000'000;
  fork(21, 10);
  exec(21, 10, long_arguments('c'));
  EXPECT_EQ(hook(21).process.process->arguments.size(), size_t{TL_ARGS_MAX - 100});
  EXPECT_EQ(table.shortened(), 8u);
}

TEST_F(LittleRoom, PathsOfEndedImages) {
  fork(20, 10);
  const size_t before = table.images();
  for (int round = 0; round < 1000; round++)
    exec(20, 10, "/" + std::string(999, 'x'), {}, "/" + std::string(999, 'y'));
  EXPECT_LE(table.images(), before + 11);
  EXPECT_TRUE(exit(20).parent);
}

TEST_F(SmallTable, Capacity) {
  fork(20, 10);
  for (int round = 0; round < 1000; round++) {
    Event event = exec(20, 10, "/bin/again");
    EXPECT_TRUE(event.parent);
    EXPECT_LE(event.ancestors.size(), 12u);
    EXPECT_LE(table.images(), 16u);
  }
  Event end = exit(20);
  EXPECT_EQ(end.parent->process->binary, "/bin/again");
}

struct Redacting : ProcessTest {
  Redacting()
      : ProcessTest(
            {.node_name = "node",
             .redact = [](std::string_view binary, std::string& arguments, std::string& /*environment*/) {
               if (binary == "/bin/secret" || binary == "/usr/bin/bash") arguments = "hidden";
             }}) {}
};

// Nothing keeps what was hidden: no later event shows it, nor does a child.
TEST_F(Redacting, HidesArgumentsWhenTheyCome) {
  EXPECT_EQ(running[2].process.process->arguments, "hidden");
  fork(20, 10);
  EXPECT_EQ(exec(20, 10, "/bin/secret word").process.process->arguments, "hidden");
  EXPECT_EQ(hook(20).process.process->arguments, "hidden");
  fork(21, 20);
  EXPECT_EQ(hook(21).process.process->arguments, "hidden");
  const Event plain = exec(21, 20, "/bin/plain word");
  EXPECT_EQ(plain.process.process->arguments, "word");
  EXPECT_EQ(plain.parent->process->arguments, "hidden");
  EXPECT_EQ(exit(20).process.process->arguments, "hidden");
}

struct WithAncestors : ProcessTest {
  WithAncestors() : ProcessTest({.node_name = "node", .ancestors_base = true, .ancestors_kprobe = true}) {}
};

std::vector<uint32_t> pids(const std::vector<Shown>& processes) {
  std::vector<uint32_t> all;
  all.reserve(processes.size());
  for (const Shown& shown : processes) all.push_back(shown.process->pid);
  return all;
}

// Each kind of event lists them where it was asked for, and none without `base`.
TEST(Ancestors, OfEachKind) {
  struct Kinds {
    bool base, kprobe, tracepoint, lsm;
  };
  for (const Kinds& kinds : {Kinds{true, true, false, false}, Kinds{true, false, true, false},
                             Kinds{true, false, false, true}, Kinds{false, true, true, true}}) {
    ProcessTable table({.ancestors_base = kinds.base,
                        .ancestors_kprobe = kinds.kprobe,
                        .ancestors_tracepoint = kinds.tracepoint,
                        .ancestors_lsm = kinds.lsm});
    const RunningProcess init{.pid = 1, .start = 1};
    const RunningProcess shell{.pid = 10, .parent = 1, .start = 2};
    const RunningProcess child{.pid = 11, .parent = 10, .start = 3};
    table.add_running(std::vector{init, shell, child});
    for (const auto& [kind, wanted] :
         {std::pair{EventKind::kKprobe, kinds.kprobe}, std::pair{EventKind::kTracepoint, kinds.tracepoint},
          std::pair{EventKind::kLsm, kinds.lsm}}) {
      SchemaTable schemas;
      schemas.add(test::one_field_schema(FieldType::kInt, kind));
      test::Bytes bytes = test::one_field_bytes(tl_number{.number = 1});
      auto record = decode_record(bytes, schemas);
      ASSERT_TRUE(record);
      std::get<HookRecord>(*record).head.tgid = 11;
      const auto event = table.consume(*record);
      ASSERT_TRUE(event);
      EXPECT_EQ(event->ancestors.size(), kinds.base && wanted ? 1u : 0u);
    }
  }
}

TEST_F(WithAncestors, UpToInit) {
  EXPECT_TRUE(running[1].ancestors.empty());
  EXPECT_TRUE(running[2].ancestors.empty());
  fork(20, 10);
  EXPECT_EQ(pids(exec(20, 10, "/bin/a").ancestors), (std::vector<uint32_t>{1}));
  fork(21, 20);
  exit(20);
  time += 60'000'000'000;
  EXPECT_EQ(pids(hook(21).ancestors), (std::vector<uint32_t>{10, 1}));
  EXPECT_EQ(pids(exit(21).ancestors), (std::vector<uint32_t>{10, 1}));
  fork(22, 10);
  exec(22, 1, "/bin/orphan");
  EXPECT_TRUE(exit(22).ancestors.empty());
}

TEST_F(WithAncestors, HeldOnlyForTheLiving) {
  size_t before = table.images();
  fork(20, 10);
  fork(21, 20);
  fork(22, 21);
  exit(20);
  exit(21);
  time += 60'000'000'000;
  EXPECT_EQ(pids(hook(22).ancestors), (std::vector<uint32_t>{20, 10, 1}));
  exit(22);
  time += 60'000'000'000;
  fork(30, 10);
  EXPECT_EQ(table.images(), before + 1);
}

struct WithEnvironment : ProcessTest {
  explicit WithEnvironment(std::vector<std::string> variables = {},
                           std::function<void(std::string_view, std::string&, std::string&)> redact = {})
      : ProcessTest({.node_name = "node",
                     .environment = true,
                     .variables = std::move(variables),
                     .redact = std::move(redact)}) {}
  Event exec_with(std::string_view environment, uint32_t flags = 0) {
    tl_exec exec{.head = test::make_head(TL_RECORD_EXEC, ++time, 20), .parent = 10, .flags = flags};
    exec.environment_size = static_cast<uint32_t>(environment.size());
    test::Bytes bytes = test::exec_bytes(exec, "/bin/a", "/mnt", "a\0b\0"s);
    test::append_text(bytes, environment);
    test::set_size(bytes);
    return consume(bytes).value_or(Event{});
  }
};

TEST_F(WithEnvironment, OfAnImageAndItsForks) {
  fork(20, 10);
  const Event event = exec_with("A=1\0ODD\0B=\0"s);
  EXPECT_EQ(event.process.process->environment, "A=1\0ODD\0B=\0"s);
  EXPECT_EQ(event.process.process->arguments, "b");
  EXPECT_EQ(event.process.process->flags, "execve clone");
  fork(21, 20);
  EXPECT_EQ(hook(21).process.process->environment, "A=1\0ODD\0B=\0"s);
  EXPECT_EQ(exec_with("A=\xff", TL_EXEC_ENVIRONMENT_MISSING).process.process->flags, "execve errorEnvs");
  EXPECT_EQ(hook(20).process.process->environment, "A=\uFFFD\0"s);
  RunningProcess old{.pid = 30, .parent = 10, .environment = "C=3\0"s, .environment_cut = true};
  old.argv = "x\0y\0"s;
  old.argv_cut = true;
  const auto events = table.add_running(std::vector{old});
  EXPECT_EQ(events[1].process.process->environment, "C=3\0"s);
  EXPECT_EQ(events[1].process.process->flags, "procFS errorEnvs truncArgs nocwd");
}

TEST_F(ProcessTest, NoEnvironmentUnlessAskedFor) {
  RunningProcess old{.pid = 30, .parent = 10, .environment = "C=3\0"s};
  EXPECT_TRUE(table.add_running(std::vector{old})[1].process.process->environment.empty());
}

struct SomeVariables : WithEnvironment {
  SomeVariables() : WithEnvironment({"B", "invalid"}) {}
};

TEST_F(SomeVariables, OfThoseNames) {
  fork(20, 10);
  EXPECT_EQ(exec_with("A=1\0B=2=3\0BB=4\0B\0B="s).process.process->environment, "B=2=3\0B\0B=\0"s);
}

struct RedactingAll : WithEnvironment {
  RedactingAll()
      : WithEnvironment({}, [](std::string_view, std::string& arguments, std::string& environment) {
          arguments = "hidden";
          environment = "A=hidden\0"s;
        }) {}
};

// What a policy shows is not redacted: it was asked for.
TEST_F(RedactingAll, HidesTheEnvironmentAndLeavesWhatPoliciesShow) {
  fork(20, 10);
  EXPECT_EQ(exec_with("A=secret\0B=x\0"s).process.process->environment, "A=hidden\0"s);
  fork(21, 20);
  const Event event = hook(21);
  EXPECT_EQ(event.process.process->environment, "A=hidden\0"s);
  EXPECT_EQ(event.process.process->arguments, "hidden");
  const auto& args = std::get<ProcessKprobe>(event.payload).args;
  EXPECT_TRUE(std::ranges::any_of(args, [](const Argument& arg) {
    const auto* file = std::get_if<FileArg>(&arg.value);
    return file != nullptr && file->path == "/etc/passwd";
  }));
  EXPECT_EQ(exit(20).process.process->environment, "A=hidden\0"s);
  RunningProcess old{.pid = 30, .parent = 10, .environment = "A=secret\0"s};
  old.argv = "x\0--password=secret\0"s;
  const Event found = table.add_running(std::vector{old})[1];
  EXPECT_EQ(found.process.process->environment, "A=hidden\0"s);
  EXPECT_EQ(found.process.process->arguments, "hidden");
}

struct WithUsers : ProcessTest {
  WithUsers()
      : ProcessTest({.user_name = [](uint32_t uid) -> std::optional<std::string> {
                       if (uid == 7) return "seven";
                       return {};
                     },
                     .host_ns = {.mnt = 5, .user = 9}}) {}
};

// By the effective id, and only where the ids are those of the host.
TEST_F(WithUsers, OnTheHost) {
  const auto user = [&](uint32_t uid, uint32_t mnt, uint32_t user_ns) {
    tl_exec fields{.cred = {.uid = 1, .euid = uid}, .ns = {.mnt = mnt, .user = user_ns}};
    return exec(20, 10, "/bin/a", fields).process.process->user;
  };
  fork(20, 10);
  EXPECT_EQ(user(7, 5, 9), "seven");
  EXPECT_EQ(user(8, 5, 9), std::nullopt);
  EXPECT_EQ(user(7, 6, 9), std::nullopt);
  EXPECT_EQ(user(7, 5, 8), std::nullopt);
}

struct WithIdentity : ProcessTest {
  WithIdentity()
      : ProcessTest({.node_name = "node", .process_cred = true, .process_ns = true, .host_ns = host()}) {}
  static tl_namespaces host() { return {.uts = 1, .ipc = 2, .user = 9}; }
};

TEST_F(WithIdentity, AsOfTheLastExec) {
  fork(20, 10);
  tl_exec exec_fields{.ns = host()};
  exec_fields.ns.uts = 77;
  exec_fields.cred = {.uid = 1, .euid = 2, .permitted = 1 << 13, .effective = 3};
  const Event event = exec(20, 10, "/bin/a", exec_fields);
  const Process& process = *event.process.process;
  EXPECT_EQ(process.uid, 2u);
  EXPECT_EQ(process.cap, (Capabilities{1 << 13, 3, 0}));
  EXPECT_EQ(process.credentials->euid, 2u);
  EXPECT_EQ(process.ns->uts, (NamespaceId{77, false}));
  EXPECT_EQ(process.ns->ipc, (NamespaceId{2, true}));
  EXPECT_EQ(process.ns->user, (NamespaceId{9, true}));
  fork(21, 20);
  EXPECT_EQ(exit(21).process.process->cap, process.cap);
  EXPECT_FALSE(std::get<ProcessExec>(event.payload).binary_properties);
}

TEST_F(WithIdentity, BinaryProperties) {
  fork(20, 10);
  auto properties = [](const Event& event) {
    return *std::get<ProcessExec>(event.payload).binary_properties;
  };
  Event suid = exec(20, 10, "/bin/suid", {.cred = {.uid = 1}, .flags = TL_EXEC_SETUID});
  EXPECT_EQ(properties(suid), (BinaryProperties{.setuid = 0, .raised_by_setuid = true}));
  EXPECT_EQ(suid.process.refcnt, 1u);
  EXPECT_EQ(properties(exec(20, 10, "/bin/suid", {.cred = {.uid = 1, .euid = 2}, .flags = TL_EXEC_SETUID})),
            (BinaryProperties{.setuid = 2}));
  EXPECT_EQ(properties(exec(20, 10, "/bin/suid", {.cred = {.euid = 2}, .flags = TL_EXEC_SETUID})),
            (BinaryProperties{.setuid = 2}));
  EXPECT_EQ(properties(exec(20, 10, "/bin/sgid", {.cred = {.gid = 1}, .flags = TL_EXEC_SETGID})),
            (BinaryProperties{.setgid = 0, .raised_by_setgid = true}));
  EXPECT_EQ(properties(exec(20, 10, "/bin/sgid", {.cred = {.gid = 1, .egid = 2}, .flags = TL_EXEC_SETGID})),
            (BinaryProperties{.setgid = 2}));
  EXPECT_EQ(properties(exec(20, 10, "/bin/sgid", {.cred = {.egid = 2}, .flags = TL_EXEC_SETGID})),
            (BinaryProperties{.setgid = 2}));
  EXPECT_EQ(properties(exec(20, 10, "/bin/fcap", {.flags = TL_EXEC_FILE_CAPS})),
            (BinaryProperties{.raised_by_file_caps = true}));
  EXPECT_EQ(properties(exec(20, 10, "/dev/fd/3", {.links = 0, .inode = 55})),
            (BinaryProperties{.inode = BinaryProperties::Inode{55, 0}}));
}

// Which selector let a record through goes with its event, and with no other that is made in the same memory.
TEST_F(ProcessTest, WhyGoesWithTheEvent) {
  const auto record = [](Half half, EventKind kind, const char* label) {
    Schema schema{.kind = kind, .half = half, .pair = 1};
    schema.selectors = {{ActionName::kPost, 0, ""}, {ActionName::kPost, 0, ""}};
    schema.selectors[1].reason =
        std::make_shared<const Reason>(Reason{.file = "", .label = label, .held = {}});
    return Record(HookRecord{.head = {300, 10, 10},
                             .schema = std::make_shared<const Schema>(schema),
                             .selector = 1,
                             .entry_time = 300,
                             .fields = {}});
  };
  using enum EventKind;
  for (const EventKind kind : {kKprobe, kTracepoint, kLsm, kUprobe, kUsdt}) {
    Event event;
    ASSERT_TRUE(table.consume(record(Half::kWhole, kind, "a"), event));
    ASSERT_TRUE(event.why.entered);
    EXPECT_EQ(event.why.entered->label, "a");
    EXPECT_FALSE(event.why.returned);
    const auto asked =
        table.consume(record(Half::kWhole, kind, "b"), event, [](const Event&) { return true; });
    ASSERT_EQ(asked, ProcessTable::Outcome::kEvent);
    EXPECT_EQ(event.why.entered->label, "b");
    table.consume(Record(ExitRecord{{301, 10, 10}, 0}), event);
    EXPECT_FALSE(event.why.entered) << "an exit in the same memory has none";
  }
  EXPECT_FALSE(table.consume(record(Half::kWhole, kLoader, "a"))->why.entered);
  Event event;
  EXPECT_FALSE(table.consume(record(Half::kEntry, kKprobe, "in"), event));
  ASSERT_TRUE(table.consume(record(Half::kReturn, kKprobe, "out"), event));
  EXPECT_EQ(event.why.entered->label, "in");
  EXPECT_EQ(event.why.returned->label, "out");
}

// What is asked of the agent goes with the event, and with that of a call only when it has returned.
TEST_F(ProcessTest, RequestsGoWithTheEvent) {
  const auto record = [](Half half, ActionName action, const char* target) {
    Schema schema{.half = half, .pair = 1};
    schema.selectors = {{action, 0, "", target}};
    return Record(HookRecord{.head = {300, 10, 10},
                             .schema = std::make_shared<const Schema>(schema),
                             .selector = 0,
                             .entry_time = 300,
                             .fields = {}});
  };
  EXPECT_EQ(table.consume(record(Half::kWhole, ActionName::kPost, ""))->requests, std::vector<Request>{});
  EXPECT_EQ(table.consume(record(Half::kWhole, ActionName::kDnsLookup, "a.test"))->requests,
            (std::vector<Request>{{Action::kDnsLookup, "a.test"}}));
  EXPECT_FALSE(table.consume(record(Half::kEntry, ActionName::kGetUrl, "http://a/")));
  EXPECT_EQ(table.consume(record(Half::kReturn, ActionName::kDnsLookup, "b.test"))->requests,
            (std::vector<Request>{{Action::kGetUrl, "http://a/"}, {Action::kDnsLookup, "b.test"}}));
}

}  // namespace
}  // namespace tripline
