// SPDX-License-Identifier: Apache-2.0
// The events that several recordings of filters have: what a shell did, in its order.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "event/event.h"

namespace tripline::test {

struct Step {
  const char* kind;  // exec, exit, kprobe, tracepoint
  uint32_t pid;
  const char* binary;
  const char* arguments;
  uint32_t parent;
};

constexpr const char* kShell = "/usr/bin/bash";
constexpr const char* kScript = "-c \"/bin/true w1; /bin/false\"";
constexpr const char* kAct = "/opt/bin/act";

// Process 10 is the shell that the test runs in; 20 the one it starts.
inline std::vector<Step> recorded_steps() {
  return {{"exec", 20, kShell, kScript, 10},           {"exec", 21, "/bin/true", "w1", 20},
          {"exit", 21, "/bin/true", "w1", 20},         {"exec", 22, "/bin/echo", "", 20},
          {"exit", 22, "/bin/echo", "", 20},           {"exec", 23, "/bin/false", "", 20},
          {"exit", 23, "/bin/false", "", 20},          {"exec", 24, kAct, "lseek -1 0 4444", 20},
          {"kprobe", 24, kAct, "lseek -1 0 4444", 20}, {"exit", 24, kAct, "lseek -1 0 4444", 20},
          {"exec", 25, kAct, "umask 7", 20},           {"tracepoint", 25, kAct, "umask 7", 20},
          {"exit", 25, kAct, "umask 7", 20},           {"exit", 20, kShell, kScript, 10}};
}

inline Event event_of(const Step& step) {
  const auto process = [](uint32_t pid, std::string binary, std::string arguments) {
    Process out{.exec_id = "id" + std::to_string(pid), .pid = pid, .in_init_tree = false};
    out.binary = std::move(binary);
    out.arguments = std::move(arguments);
    out.cap = Capabilities{.permitted = ~uint64_t{0}, .effective = 1 << 21};
    return std::make_shared<const Process>(std::move(out));
  };
  Event event;
  event.process.process = process(step.pid, step.binary, step.arguments);
  event.parent = {process(step.parent, kShell, step.parent == 10 ? "/script.sh" : kScript)};
  const std::string kind = step.kind;
  if (kind == "exec") event.payload = ProcessExec{};
  if (kind == "exit") event.payload = ProcessExit{};
  if (kind == "kprobe") event.payload = ProcessKprobe{.policy = "seeks"};
  if (kind == "tracepoint") event.payload = ProcessTracepoint{.policy = "masks"};
  if (kind != "exit") event.ancestors.push_back({process(10, kShell, "/script.sh")});
  return event;
}

}  // namespace tripline::test
