// SPDX-License-Identifier: Apache-2.0
#include "serve/compact.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

const Node kNode{"(none)", ""};

Event event_of(Process process, std::variant<ProcessExec, ProcessExit, ProcessKprobe> payload) {
  Event event{.time = 1'700'000'000'000'000'000};
  event.process.process = std::make_shared<const Process>(std::move(process));
  event.payload = std::move(payload);
  return event;
}

std::string kprobe(const std::string& function, std::vector<Argument> args) {
  return to_compact(event_of({.binary = "/b"}, ProcessKprobe{.function = function, .args = std::move(args)}),
                    kNode);
}

Argument number(int32_t value) { return {IntArg{value}, ""}; }
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

TEST(Compact, Functions) {
  EXPECT_EQ(kprobe("fd_install", {number(3), file("/etc/passwd")}), "📬 open    (none) /b /etc/passwd");
  EXPECT_EQ(kprobe("fd_install", {number(3), file("/x (deleted)")}), "📬 open    (none) /b \"/x (deleted)\"");
  EXPECT_EQ(kprobe("fd_install", {number(3), file("")}), "📬 open    (none) /b ");
  EXPECT_EQ(kprobe("fd_install", {}), "📬 open    (none) /b ");
  EXPECT_EQ(kprobe("__x64_sys_close", {file("/a")}), "📪 close   (none) /b /a");
  EXPECT_EQ(kprobe("__x64_sys_write", {file("/a")}), "📝 write   (none) /b /a 0 bytes");
  EXPECT_EQ(kprobe("__x64_sys_setuid", {number(7)}), "🔑 setuid  (none) /b 7");
  EXPECT_EQ(kprobe("__x64_sys_setns", {number(3), number(0x20000000)}), "🔧 setns   (none) /b pid");
  EXPECT_EQ(kprobe("__x64_sys_lseek", {number(3)}), "❓ syscall (none) /b __x64_sys_lseek");
  EXPECT_EQ(kprobe("security_file_permission", {file("/a"), number(2)}), "📝 write   (none) /b /a");
  EXPECT_EQ(kprobe("security_file_permission", {file("/a"), number(4)}), "📚 read    (none) /b /a");
  EXPECT_EQ(kprobe("security_file_permission", {file("/a"), number(1)}),
            "❓ security_file_permission (none) /b /a");
  EXPECT_EQ(kprobe("security_mmap_file", {file("/a")}), "❓ security_mmap_file (none) /b /a");
  EXPECT_EQ(kprobe("security_file_truncate", {file("/a")}), "📝 truncate (none) /b /a");
  EXPECT_EQ(kprobe("__x64_sys_clock_settime", {}), "⏰ clock_settime (none) /b");
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
      "\x1b[34m💥 exit   \x1b[0m \x1b[32m(none)\x1b[0m \x1b[35m/b\x1b[0m \x1b[36mx\x1b[0m \x1b[31m1\x1b[0m");
}

}  // namespace
}  // namespace tripline
