// SPDX-License-Identifier: Apache-2.0
// `tripline compile` as it is called.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "main/commands.h"

namespace tripline {
namespace {

namespace fs = std::filesystem;

// The names of the files that are written for the hooks of a policy, without the one that was asked for before them.
std::set<std::string> written(const std::string& spec) {
  const fs::path folder = fs::path(testing::TempDir()) / "compile_test";
  fs::remove_all(folder);
  fs::create_directories(folder);
  const fs::path policy = folder / "policy";
  std::ofstream(policy) << "kind: TracingPolicy\nmetadata: {name: p}\nspec:\n" << spec;
  const CompileFlags flags{.files = {policy.string()},
                           .kernel = std::string(TRIPLINE_TEST_DATA) + "/kernels/debian-6.12.kernel",
                           .output = (folder / "out").string()};
  EXPECT_EQ(compile_command(flags), 0);
  fs::remove(policy);
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    EXPECT_GT(entry.file_size(), 0U);
    names.insert(entry.path().filename().string());
  }
  fs::remove_all(folder);
  return names;
}

TEST(Compile, OneHookIsTheOutput) {
  EXPECT_EQ(written("  kprobes: [{call: fd_install, syscall: false}]\n"), std::set<std::string>{"out"});
}

TEST(Compile, EveryProgramHasAFileOfItsOwn) {
  EXPECT_EQ(
      written("  kprobes: [{call: fd_install, syscall: false}, {call: sys_lseek, return: true, returnArg: "
              "{index: 0, type: int}}]\n"
              "  tracepoints: [{subsystem: sched, event: sched_switch}]\n"),
      (std::set<std::string>{"out.fentry.fd_install", "out.fentry.__x64_sys_lseek",
                             "out.fexit.__x64_sys_lseek", "out.tracepoint.sched.sched_switch"}));
}

// Two lists that begin with the same function are two programs on it.
TEST(Compile, NamesThatAreTaken) {
  const std::string hook = "{call: 'list:NAME', syscall: false, args: [{index: 0, type: uint64}]}";
  const auto on = [&](const std::string& name) {
    return std::string(hook).replace(hook.find("NAME"), 4, name);
  };
  const std::set<std::string> names = written(
      "  lists:\n  - {name: a, type: generated_ftrace, pattern: '^vfs_'}\n"
      "  - {name: c, type: generated_ftrace, pattern: '^vfs_[a-r]'}\n  kprobes: [" +
      on("a") + ", " + on("c") + "]\n");
  ASSERT_EQ(names.size(), 2U);
  EXPECT_EQ(*names.rbegin(), *names.begin() + ".2");
}

}  // namespace
}  // namespace tripline
