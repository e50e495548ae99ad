// SPDX-License-Identifier: Apache-2.0
// A process table with two processes in it, and records for it.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "event/process.h"
#include "event/records.h"

namespace tripline::test {

inline constexpr int64_t kOffset = 1'700'000'000'000'000'000;

// A machine with pid 1 and a shell, pid 10, in it; records get times one apart.
class ProcessTest : public ::testing::Test {
 protected:
  explicit ProcessTest(ProcessOptions options = {.node_name = "node", .wall_offset = kOffset})
      : table(std::move(options)) {
    RunningProcess init{
        .pid = 1, .start = 100, .start_time = kOffset + 100, .pid_in_ns = 1, .exe = "/sbin/init"};
    init.cwd = "/";
    RunningProcess shell{.pid = 10, .parent = 1, .start = 200, .start_time = kOffset + 200, .pid_in_ns = 10};
    shell.exe = "/usr/bin/bash";
    shell.argv = std::string("-bash\0-l\0", 9);
    shell.cwd = "/root";
    running = table.add_running(std::vector{shell, init});
  }

  std::optional<Event> consume(const Bytes& bytes) {
    auto record = decode_record(bytes, schemas);
    EXPECT_TRUE(record);
    return table.consume(*record);
  }
  void fork(uint32_t pid, uint32_t forker, uint32_t parent = 0, uint32_t pid_in_ns = 0,
            uint32_t ns_level = 0) {
    EXPECT_FALSE(consume(fork_bytes({.head = make_head(TL_RECORD_FORK, ++time, pid),
                                     .forker = forker,
                                     .parent = parent ? parent : forker,
                                     .pid_in_ns = pid_in_ns ? pid_in_ns : pid,
                                     .ns_level = ns_level})));
  }
  Event exec(uint32_t pid, uint32_t parent, std::string_view line, tl_exec exec = {},
             std::string_view cwd = "/mnt") {
    exec.head = make_head(TL_RECORD_EXEC, ++time, pid);
    exec.parent = parent;
    if (exec.pid_in_ns == 0) exec.pid_in_ns = pid;
    if (exec.links == 0 && exec.inode == 0) exec.links = 1;
    exec.auid = 0xffffffff;
    auto event = consume(exec_bytes(exec, line.substr(0, line.find(' ')), cwd, argv_of(line)));
    EXPECT_TRUE(event && std::holds_alternative<ProcessExec>(event->payload));
    return event.value_or(Event{});
  }
  Event exit(uint32_t pid, uint32_t code = 0) {
    auto event = consume(exit_bytes({.head = make_head(TL_RECORD_EXIT, ++time, pid), .code = code}));
    EXPECT_TRUE(event && std::holds_alternative<ProcessExit>(event->payload));
    return event.value_or(Event{});
  }
  Event hook(uint32_t pid, uint32_t tid = 0, uint32_t selector = 0) {
    if (!schemas.find(7)) schemas.add(fd_install_schema());
    tl_record head = make_head(TL_RECORD_HOOK, ++time, pid, tid);
    head.schema = 7;
    head.selector = selector;
    auto event = consume(fd_install_bytes(head, 3, "/etc/passwd"));
    EXPECT_TRUE(event && std::holds_alternative<ProcessKprobe>(event->payload));
    return event.value_or(Event{});
  }

  ProcessTable table;
  SchemaTable schemas;
  std::vector<Event> running;
  uint64_t time = 1000;
};

}  // namespace tripline::test
