// SPDX-License-Identifier: Apache-2.0
#include "render/compact.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

const Node kNode{"(none)", ""};

std::string kprobe(const std::string& function, std::vector<Argument> args) {
  Event event;
  event.process.process = std::make_shared<const Process>(Process{.binary = "/b"});
  event.payload = ProcessKprobe{.function = function, .args = std::move(args)};
  return to_compact(event, kNode);
}

Argument number(int32_t value) { return {IntArg{value}, ""}; }
Argument file(const char* path) { return {FileArg{path, "", ""}, ""}; }

TEST(CompactKprobe, Functions) {
  EXPECT_EQ(kprobe("fd_install", {number(3), file("/etc/passwd")}), "📬 open    (none) /b /etc/passwd");
  EXPECT_EQ(kprobe("fd_install", {number(3), file("/x (deleted)")}), "📬 open    (none) /b \"/x (deleted)\"");
  EXPECT_EQ(kprobe("fd_install", {number(3), file("")}), "📬 open    (none) /b ");
  EXPECT_EQ(kprobe("fd_install", {}), "📬 open    (none) /b ");
  EXPECT_EQ(kprobe("__x64_sys_close", {file("/a")}), "📪 close   (none) /b /a");
  EXPECT_EQ(kprobe("__x64_sys_write", {file("/a")}), "📝 write   (none) /b /a ");
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

Argument unsigned_number(uint32_t value) { return {UintArg{value}, ""}; }
Argument size(uint64_t value) { return {SizeArg{value}, ""}; }
Argument text(const char* value) { return {StringArg{value}, ""}; }

TEST(CompactKprobe, FunctionsWithOtherArguments) {
  EXPECT_EQ(kprobe("__x64_sys_read", {file("/a"), {}, size(7)}), "📚 read    (none) /b /a 7 bytes");
  EXPECT_EQ(kprobe("__x64_sys_read", {file("/a"), {}, size(0)}), "📚 read    (none) /b /a 0 bytes");
  EXPECT_EQ(kprobe("__x64_sys_read", {file("/a"), {}, number(7)}), "📚 read    (none) /b /a ");
  EXPECT_EQ(kprobe("__x64_sys_write", {file("/a"), size(7)}), "📝 write   (none) /b /a ");
  EXPECT_EQ(kprobe("__x64_sys_open", {{}, text("a b")}), "📬️ open    (none) /b \"a b\"");
  EXPECT_EQ(kprobe("__x64_sys_mount", {text("/dev/x"), text("/mnt")}), "💾 mount   (none) /b /dev/x /mnt");
  EXPECT_EQ(kprobe("__x64_sys_pivot_root", {text("/a"), text("/b")}), "💾 pivot_root (none) /b /a /b");
  EXPECT_EQ(kprobe("proc_exec_connector", {}), "🔧 proc_exec_connector (none) /b");
  EXPECT_EQ(kprobe("security_mmap_file", {file("/a"), unsigned_number(5)}), "📝 mmap-rx (none) /b /a");
  EXPECT_EQ(kprobe("security_mmap_file", {file("/a"), unsigned_number(2)}), "📝 mmap-w  (none) /b /a");
  EXPECT_EQ(kprobe("security_mmap_file", {file("/a"), number(7)}), "📝 mmap-   (none) /b /a");
  EXPECT_EQ(kprobe("security_path_truncate", {{PathArg{"/a", "", ""}, ""}}), "📝 truncate (none) /b /a");
}

// Arguments that are missing, or of another type.
TEST(CompactKprobe, FunctionsWithoutTheirArguments) {
  EXPECT_EQ(kprobe("tcp_connect", {number(1)}), "🔌 connect (none) /b tcp :0 -> :0");
  EXPECT_EQ(kprobe("tcp_sendmsg", {}), "📤 sendmsg (none) /b tcp :0 -> :0 bytes 0");
  EXPECT_EQ(kprobe("bpf_check", {}), "🐝 bpf_load (none) /b   instruction count 0");
  EXPECT_EQ(kprobe("security_perf_event_alloc", {file("/a")}), "🐝 perf_event_alloc (none) /b  ");
  EXPECT_EQ(kprobe("security_bpf_map_alloc", {}),
            "🗺 bpf_map_create (none) /b   key size 0 value size 0 max entries 0");
}

}  // namespace
}  // namespace tripline
