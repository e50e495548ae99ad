// SPDX-License-Identifier: Apache-2.0
#include "render/compact.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

const Node kNode{"(none)", ""};

Event event_of(Process process, Payload payload) {
  Event event{.time = 1'700'000'000'000'000'000};
  event.process.process = std::make_shared<const Process>(std::move(process));
  event.payload = std::move(payload);
  return event;
}

Argument file(const char* path) { return {FileArg{path, "", ""}, ""}; }

TEST(Compact, ExecAndExit) {
  Process with{.binary = "/usr/bin/mkdir", .arguments = "-p /mnt"};
  Process without{.binary = "/bin/true"};
  EXPECT_EQ(to_compact(event_of(with, ProcessExec{}), kNode), "🚀 process (none) /usr/bin/mkdir \"-p /mnt\"");
  EXPECT_EQ(to_compact(event_of(without, ProcessExec{}), kNode), "🚀 process (none) /bin/true ");
  EXPECT_EQ(to_compact(event_of(with, ProcessExit{"", 3}), kNode),
            "💥 exit    (none) /usr/bin/mkdir \"-p /mnt\" 3");
  EXPECT_EQ(to_compact(event_of(without, ProcessExit{"SIGKILL", 0}), kNode),
            "💥 exit    (none) /bin/true  SIGKILL");
  EXPECT_EQ(to_compact(event_of({.binary = "/a b"}, ProcessExec{}), kNode), "🚀 process (none) \"/a b\" ");
}

TEST(Compact, APodInPlaceOfTheNode) {
  PodView pod;
  pod.name_space = "shop";
  pod.name = "web-1";
  Process process{.binary = "/bin/true"};
  process.pod = ProcessPod{.of = std::make_shared<const PodView>(pod)};
  EXPECT_EQ(to_compact(event_of(process, ProcessExec{}), kNode), "🚀 process shop/web-1 /bin/true ");
}

std::string tracepoint(const char* subsys, const char* event, std::vector<Argument> args) {
  return to_compact(event_of({.binary = "/b"},
                             ProcessTracepoint{.subsys = subsys, .event = event, .args = std::move(args)}),
                    kNode);
}

Argument id(uint32_t number) { return {SyscallIdArg{number, "x64"}, ""}; }

TEST(Compact, Tracepoints) {
  EXPECT_EQ(tracepoint("raw_syscalls", "sys_exit", {id(95)}), "⁉️ tracepoint (none) /b raw_syscalls sys_exit");
  EXPECT_EQ(tracepoint("syscalls", "sys_enter", {id(95)}), "⁉️ tracepoint (none) /b syscalls sys_enter");
}

TEST(Compact, Stacks) {
  ProcessKprobe kprobe{.function = "f",
                       .kernel_stack = {{0xffffffff81000000, 16, "a", ""}, {0, 0, "b", ""}},
                       .user_stack = {{0, 255, "main", "/b in"}, {0x4000, 1, "", "/lib"}}};
  Event event = event_of({.binary = "/b"}, kprobe);
  EXPECT_EQ(to_compact(event, kNode),
            "❓ syscall (none) /b f\nKernel:\n   0xffffffff81000000: a+0x10\n   0x0: b+0x0\n"
            "User:\n   0x0: main (\"/b in\"+0xff)\n   0x4000: (/lib+0x1)");
  EXPECT_EQ(to_compact(event, kNode, {.stack_traces = false}), "❓ syscall (none) /b f");
}

TEST(Compact, LsmHash) {
  ProcessLsm lsm{.function = "bprm_check_security", .args = {{LinuxBinprmArg{"/a b", "", ""}, ""}}};
  lsm.ima_hash = "sha256:00ff";
  auto line = [&](const CompactOptions& options = {}) {
    return to_compact(event_of({.binary = "/b"}, lsm), kNode, options);
  };
  EXPECT_EQ(line(), "🔒 LSM     (none) /b bprm_check_security\n   \"/a b\" sha256:00ff");
  EXPECT_EQ(line({.ima_hash = false}), "🔒 LSM     (none) /b bprm_check_security");
  lsm.args.clear();
  EXPECT_EQ(line(), "🔒 LSM     (none) /b bprm_check_security");
  lsm = {.function = "path_truncate", .args = {file("/a")}, .ima_hash = "sha256:00"};
  EXPECT_EQ(line(), "🔒 LSM     (none) /b path_truncate");
  lsm = {.function = "file_lock", .args = {file("/a")}};
  EXPECT_EQ(line(), "🔒 LSM     (none) /b file_lock");
}

TEST(Compact, Throttle) {
  Event event;
  event.payload = ProcessThrottle{ProcessThrottle::Type::kStart, "a/b"};
  EXPECT_EQ(to_compact(event, kNode), "🧬 throttle START a/b");
  EXPECT_EQ(to_compact(event, kNode, {.colours = true}), "\x1b[31m🧬 throttle\x1b[0m START a/b");
  event.payload = ProcessThrottle{ProcessThrottle::Type::kStop, "a/b"};
  EXPECT_EQ(to_compact(event, kNode), "🧬 throttle STOP  a/b");
}

TEST(Compact, SignOfAdmin) {
  Process process{.binary = "/usr/bin/mkdir", .arguments = "-p /mnt/work/compact-cap-a"};
  process.cap = Capabilities{.effective = 0x1ffffffffff};
  EXPECT_EQ(to_compact(event_of(process, ProcessExec{}), kNode),
            "🚀 process (none) /usr/bin/mkdir \"-p /mnt/work/compact-cap-a\""
            "                                           🛑 CAP_SYS_ADMIN");
  EXPECT_EQ(to_compact(event_of(process, ProcessExit{}), kNode),
            "💥 exit    (none) /usr/bin/mkdir \"-p /mnt/work/compact-cap-a\" 0"
            "                                         🛑 CAP_SYS_ADMIN");
  process.arguments = std::string(200, 'a');
  EXPECT_TRUE(to_compact(event_of(process, ProcessExec{}), kNode).ends_with("a 🛑 CAP_SYS_ADMIN"));
  process.cap = Capabilities{.effective = 0x1ffffffffff & ~(uint64_t{1} << 21)};
  EXPECT_TRUE(to_compact(event_of(process, ProcessExec{}), kNode).ends_with("a"));
}

TEST(Compact, Options) {
  Event event = event_of({.binary = "/b", .arguments = "x"}, ProcessExit{"", 1});
  EXPECT_EQ(to_compact(event, kNode, {.timestamps = true}),
            "2023-11-14T22:13:20.000000000Z 💥 exit    (none) /b x 1");
  EXPECT_EQ(
      to_compact(event, kNode, {.colours = true}),
      "\x1b[34m💥 exit   \x1b[0m \x1b[32m(none)\x1b[0m \x1b[35m/b\x1b[0m \x1b[36mx\x1b[0m \x1b[31m1\x1b[0m" +
          std::string(41, ' ') + "\x1b[35m\x1b[0m");
}

// In colour a line is filled up to the place of the sign, which what sets its colour takes away from.
TEST(Compact, SignInColour) {
  Process process{.binary = "/b", .arguments = ""};
  const std::string none = to_compact(event_of(process, ProcessExec{}), kNode, {.colours = true});
  EXPECT_TRUE(none.ends_with("\x1b[36m\x1b[0m" + std::string(53, ' ') + "\x1b[35m\x1b[0m")) << none;
  EXPECT_EQ(none.size(), 121u);
  process.cap = Capabilities{.effective = 0x1ffffffffff};
  const std::string some = to_compact(event_of(process, ProcessExec{}), kNode, {.colours = true});
  EXPECT_TRUE(some.ends_with("  \x1b[35m🛑 CAP_SYS_ADMIN\x1b[0m")) << some;
  EXPECT_EQ(some.size(), 124u) << "the sign has three bytes more than columns";
}

TEST(Compact, UserHooksAndLoader) {
  const auto line = [](Payload payload) {
    return to_compact(event_of({.binary = "/b"}, std::move(payload)), kNode);
  };
  EXPECT_EQ(line(ProcessUprobe{.path = "/l", .symbol = "f"}), "🕵️ uprobe  (none) /b /l f");
  EXPECT_EQ(line(ProcessUprobe{.path = "/a b", .offset = 4096}), "🕵️ uprobe  (none) /b \"/a b\" ");
  EXPECT_EQ(line(ProcessUsdt{.path = "/l", .provider = "p", .name = "n"}), "🕵️ usdt    (none) /b /l p n");
  EXPECT_EQ(line(ProcessLoader{.path = "/l", .build_id = "\xab\xcd"}), "🧬 loader  (none) /b abcd /l");
  EXPECT_EQ(line(ProcessLoader{.path = "/l"}), "🧬 loader  (none) /b /l");
}

}  // namespace
}  // namespace tripline
