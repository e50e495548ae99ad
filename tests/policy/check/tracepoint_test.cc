// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "policy/checked.h"
#include "policy/corpus.h"
#include "policy/tiny_kernel.h"

namespace tripline {
namespace {

using Kind = ArgSource::Kind;

std::string tracepoint(const std::string& fields) { return "  tracepoints: [{" + fields + "}]\n"; }

std::string told(const std::string& fields) {
  return messages(judge(policy_with(tracepoint(fields))).diagnostics);
}

CheckedHook only(const std::string& fields) {
  const Verdict verdict = judge(policy_with(tracepoint(fields)));
  EXPECT_TRUE(verdict.checked) << verdict.text;
  return verdict.checked && verdict.checked->hooks.size() == 1 ? verdict.checked->hooks[0] : CheckedHook{};
}

TEST(CheckTracepoint, FieldsHaveTypesOfTheirOwn) {
  const CheckedHook hook = only(
      "subsystem: sub, event: all, args: [{index: 5}, {index: 10}, {index: 3, label: l}], message: seen");
  EXPECT_EQ(hook.kind, HookKind::kTracepoint);
  EXPECT_EQ(hook.attachment, Attachment::kTracepoint);
  EXPECT_EQ(section_target(hook.target), "sub/all");
  EXPECT_EQ(hook.message, "seen");
  ASSERT_EQ(hook.args.size(), 3U);
  EXPECT_EQ(hook.args[0].type, ArgType::kSizeT);
  EXPECT_EQ(hook.args[0].source, (ArgSource{.kind = Kind::kRecord, .index = 5, .offset = 16, .size = 8}));
  EXPECT_EQ(hook.args[1].type, ArgType::kUint32);
  EXPECT_EQ(hook.args[2].type, ArgType::kInt32);
  EXPECT_TRUE(hook.args[2].source.is_signed);
  EXPECT_EQ(hook.args[2].label, "");
}

TEST(CheckTracepoint, FieldsWithoutATypeOfTheirOwn) {
  const auto auto_type = [](int index) {
    return told("subsystem: sub, event: all, args: [{index: " + std::to_string(index) + "}]");
  };
  EXPECT_EQ(auto_type(4), "6:53 error: field 4 is \"const char * text\", which has no default type\n");
  EXPECT_EQ(auto_type(7), "6:53 error: field 7 is \"__data_loc char[] name\", which has no default type\n");
  EXPECT_EQ(auto_type(8), "6:53 error: field 8 is \"bool flag\", which has no default type\n");
  EXPECT_EQ(auto_type(9), "6:53 error: field 9 is \"struct file * file\", which has no default type\n");
  EXPECT_EQ(auto_type(11), "6:61 error: the tracepoint has 11 fields; there is none with number 11\n");
}

TEST(CheckTracepoint, TypesThatAreDeclared) {
  const auto typed = [](const std::string& rest) {
    return told("subsystem: sub, event: all, args: [{index: " + rest + "}]");
  };
  EXPECT_EQ(typed("6, type: int"), "6:70 error: field 6 is \"char[16] comm\", which cannot be read as int\n");
  EXPECT_EQ(typed("5, type: const_buf"), "6:70 error: type const_buf cannot be used in tracepoints\n");
  EXPECT_EQ(typed("5, type: int, returnCopy: true"),
            "6:87 error: returnCopy cannot be used in tracepoints\n");
  EXPECT_EQ(typed("10, type: uint32, resolve: a.b"),
            "6:88 warning: resolve has no effect in tracepoints that are not raw\n");
  EXPECT_EQ(typed("10, type: uint32, btfType: t, btfTypeModule: m"),
            "6:88 warning: btfType has no effect in tracepoints that are not raw\n"
            "6:106 warning: btfTypeModule has no effect in tracepoints that are not raw\n");
  EXPECT_EQ(typed("5, type: int, source: current_task"), "6:83 error: \"source\" cannot be used in args\n");
  EXPECT_EQ(typed("5, type: int, sizeArgIndex: 16"), "6:89 error: sizeArgIndex is 16\n");
  EXPECT_EQ(typed("9, type: file"), "");
  EXPECT_EQ(typed("8, type: uint8"), "");
  EXPECT_EQ(typed("7, type: nop"), "");
}

TEST(CheckTracepoint, Arrays) {
  const CheckedHook longs = only("subsystem: sub, event: arrays, args: [{index: 4}, {index: 6}]");
  EXPECT_EQ(longs.args.at(0).type, ArgType::kConstBuf);
  EXPECT_EQ(longs.args.at(0).source,
            (ArgSource{.kind = Kind::kRecordAddress, .index = 4, .offset = 8, .size = 48}));
  EXPECT_EQ(longs.args.at(1).type, ArgType::kConstBuf);
  const std::string ints = "subsystem: sub, event: arrays, args: [{index: 5}]";
  EXPECT_EQ(told(ints),
            "6:56 warning: field 5 is \"int[2] pair\"; only arrays of long have a default type, so it is "
            "left out\n");
  EXPECT_EQ(only(ints).args.at(0).type, ArgType::kNop);
}

TEST(CheckTracepoint, AllOfABuffer) {
  const std::string text =
      "subsystem: sub, event: all, args: [{index: 4, type: char_buf, sizeArgIndex: 6, maxData: true}]";
  EXPECT_EQ(told(text), "");
  EXPECT_TRUE(only(text).args.at(0).max_data);
  const std::string number = "subsystem: sub, event: all, args: [{index: 5, maxData: true}]";
  EXPECT_EQ(told(number), "6:73 warning: maxData has no effect on this type\n");
  EXPECT_FALSE(only(number).args.at(0).max_data);
}

TEST(CheckTracepoint, NamesThatThereAreNot) {
  EXPECT_EQ(told("subsystem: sub, event: al"), "6:41 error: this kernel has no tracepoint \"sub/al\"\n");
  EXPECT_EQ(told("subsystem: sub, event: unread"),
            "6:41 error: the format of the tracepoint \"sub/unread\" is not known\n");
  EXPECT_EQ(told("subsystem: '', event: ''"),
            "6:29 error: the name of a tracepoint is empty\n6:40 error: the name of a tracepoint is empty\n");
}

TEST(CheckTracepoint, FiltersNameFieldsOrPositions) {
  const auto arg_of = [](int index) {
    const CheckedHook hook = only(
        "subsystem: sub, event: all, args: [{index: 10}, {index: 1, type: nop}, {index: 3}], "
        "selectors: [{matchArgs: [{index: " +
        std::to_string(index) + ", operator: Equal, values: ['1']}]}]");
    return hook.selectors.empty() ? 99U : std::get<IntFilter>(hook.selectors[0].filters.at(0)).arg;
  };
  EXPECT_EQ(arg_of(10), 0U);
  EXPECT_EQ(arg_of(0), 0U);
  EXPECT_EQ(arg_of(2), 2U);
  EXPECT_EQ(arg_of(3), 2U) << "a field that is configured comes before a position";
  EXPECT_EQ(
      told("subsystem: sub, event: all, args: [{index: 10}], selectors: [{matchArgs: [{index: 3, operator: "
           "Equal, values: ['1']}]}]"),
      "6:100 error: no argument of this hook has index 3\n");
}

TEST(CheckTracepoint, SystemCallsAreSeenByTheRawTracepoint) {
  const CheckedHook enter =
      only("subsystem: raw_syscalls, event: sys_enter, args: [{index: 4, type: syscall64}]");
  EXPECT_EQ(enter.attachment, Attachment::kTracingRaw);
  EXPECT_EQ(enter.args.at(0).source, (ArgSource{.kind = Kind::kSyscallId, .index = 1, .abi = true}));
  const CheckedHook leave = only("subsystem: raw_syscalls, event: sys_exit, args: [{index: 4}, {index: 5}]");
  EXPECT_EQ(leave.attachment, Attachment::kTracingRaw);
  EXPECT_EQ(leave.args.at(0).source, (ArgSource{.kind = Kind::kSyscallId, .index = 0}));
  EXPECT_EQ(leave.args.at(1).source, (ArgSource{.kind = Kind::kParameter, .index = 1}));
  const CheckedHook thread = only("subsystem: raw_syscalls, event: sys_exit, args: [{index: 3}]");
  EXPECT_EQ(thread.attachment, Attachment::kTracingRaw) << "it is no field that a program reads";
  // What only the record has keeps the record.
  const CheckedHook record = only("subsystem: raw_syscalls, event: sys_enter, args: [{index: 5}]");
  EXPECT_EQ(record.attachment, Attachment::kTracepoint);
}

TEST(CheckTracepoint, CommonFields) {
  const auto common = [](const std::string& event, const std::string& argument) {
    const Verdict verdict = judge(
        policy_with(tracepoint("subsystem: sub, event: " + event + ", args: [{index: " + argument + "}]")));
    std::string out;
    for (const Diagnostic& each : verdict.diagnostics.all()) out += each.message + "; " + each.hint;
    return out;
  };
  const std::string why = ", which the kernel does not let programs read; ";
  EXPECT_EQ(common("all", "0"), "field 0 is \"unsigned short common_type\"" + why + "index 4 is text");
  EXPECT_EQ(common("all", "1, type: uint8"),
            "field 1 is \"unsigned char common_flags\"" + why + "index 4 is text");
  EXPECT_EQ(common("call", "2, type: uint8"),
            "field 2 is \"unsigned char common_preempt_count\"" + why + "index 5 is uid");
  EXPECT_EQ(common("bare", "0"),
            "field 0 is \"unsigned short common_type\"" + why + "the event has no fields of its own");
  EXPECT_EQ(told("subsystem: sub, event: all, args: [{index: 0, type: nop}]"), "");
  const CheckedHook hook = only("subsystem: sub, event: all, args: [{index: 3}, {index: 3, type: uint32}]");
  EXPECT_EQ(hook.attachment, Attachment::kTracepoint);
  EXPECT_EQ(hook.args.at(0).type, ArgType::kInt32);
  EXPECT_EQ(hook.args.at(1).type, ArgType::kUint32);
  for (const CheckedArg& arg : hook.args)
    EXPECT_EQ(arg.source, (ArgSource{.kind = Kind::kThread, .is_signed = true}));
}

TEST(CheckTracepoint, LengthsAreIntegersOfTheEvent) {
  const auto sized = [](const std::string& event, uint32_t size) {
    return told("subsystem: sub, event: " + event +
                ", args: [{index: 4, type: char_buf, sizeArgIndex: " + std::to_string(size) + "}]");
  };
  EXPECT_EQ(sized("all", 6), "");
  EXPECT_EQ(sized("all", 9), "") << "a bool is a number";
  EXPECT_EQ(sized("all", 2),
            "6:94 error: sizeArgIndex 2 means field 1, \"unsigned char common_flags\", which is not of the "
            "event itself\n");
  EXPECT_EQ(
      sized("all", 4),
      "6:94 error: sizeArgIndex 4 means field 3, \"int common_pid\", which is not of the event itself\n");
  EXPECT_EQ(sized("all", 5),
            "6:94 error: sizeArgIndex 5 means field 4, \"const char * text\", which is not an integer\n");
  EXPECT_EQ(sized("all", 7),
            "6:94 error: sizeArgIndex 7 means field 6, \"char[16] comm\", which is not an integer\n");
  EXPECT_EQ(
      sized("all", 8),
      "6:94 error: sizeArgIndex 8 means field 7, \"__data_loc char[] name\", which is not an integer\n");
  EXPECT_EQ(sized("all", 12),
            "6:94 error: the tracepoint has 11 fields; there is none with number 11 (sizeArgIndex counts "
            "from 1)\n");
}

TEST(CheckTracepoint, ListsOfSystemCalls) {
  const auto with_list = [](const std::string& list, const std::string& type) {
    return judge(
        policy_with("  lists: [" + list + "]\n" +
                    tracepoint("subsystem: raw_syscalls, event: sys_enter, args: [{index: 4, type: " + type +
                               "}], selectors: [{matchArgs: [{index: 4, operator: InMap, values: "
                               "['list:l', '5:7']}]}]")));
  };
  const Verdict verdict =
      with_list("{name: l, type: syscalls, values: [sys_lseek, i386/sys_umask, umask]}", "syscall64");
  ASSERT_TRUE(verdict.checked) << verdict.text;
  EXPECT_EQ(std::get<IntFilter>(verdict.checked->hooks[0].selectors[0].filters.at(0)).values,
            (std::vector<IntRange>{{8, 8}, {2147483708, 2147483708}, {95, 95}, {5, 7}}));
  EXPECT_EQ(messages(with_list("{name: l, type: syscalls, values: [sys_nonsense]}", "syscall64").diagnostics),
            "6:46 error: there is no system call \"sys_nonsense\" on this machine\n");
  EXPECT_EQ(messages(with_list("{name: l, values: [sys_lseek]}", "syscall64").diagnostics),
            "7:160 error: the list \"l\" is not a list of system calls\n");
  EXPECT_EQ(messages(with_list("{name: m}", "syscall64").diagnostics), "7:160 error: unknown list \"l\"\n");
  EXPECT_EQ(messages(with_list("{name: l, type: syscalls}", "int64").diagnostics),
            "7:156 error: a list cannot be used here\n");
}

TEST(CheckTracepoint, RawOnesHaveParameters) {
  const CheckedHook hook =
      only("subsystem: any, event: task_rename, raw: true, args: [{index: 0, type: file}]");
  EXPECT_EQ(hook.attachment, Attachment::kTracingRaw);
  EXPECT_EQ(hook.target, Target(target::Tracepoint{"any", "task_rename"}));
  EXPECT_EQ(hook.args.at(0).source, (ArgSource{.kind = Kind::kParameter, .index = 0, .is_pointer = true}));
  const auto raw = [](const std::string& rest) { return told("subsystem: any, event: " + rest); };
  EXPECT_EQ(raw("task_rename, raw: true, args: [{index: 1, type: char_buf, returnCopy: true}]"),
            "6:111 error: returnCopy cannot be used in tracepoints\n");
  EXPECT_EQ(raw("task_renam, raw: true"), "6:41 error: this kernel has no raw tracepoint \"task_renam\"\n");
  EXPECT_EQ(raw("task_rename, raw: true, args: [{index: 0}]"),
            "6:72 error: the type of this argument is missing\n");
  EXPECT_EQ(raw("task_rename, raw: true, args: [{index: 2, type: int}]"),
            "6:80 error: \"task_rename\" has 2 parameters; there is none with index 2\n");
}

TEST(CheckTracepoint, OverrideIsOnlyShown) {
  const CheckedHook hook = only(
      "subsystem: sub, event: all, selectors: [{matchActions: [{action: Override, argError: -1}, {action: "
      "Sigkill}]}]");
  EXPECT_FALSE(hook.selectors.at(0).actions.at(0).has_effect);
  EXPECT_EQ(hook.selectors.at(0).actions.at(1).kind, CheckedAction::Kind::kSigkill);
}

}  // namespace
}  // namespace tripline
