// SPDX-License-Identifier: Apache-2.0
// `tripline cel` as it is called: what it prints where, and how it exits.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "main/commands.h"

namespace tripline {
namespace {

struct Ran {
  int status = 0;
  std::string out;
  std::string err;
};

Ran run(const std::vector<std::string_view>& words) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Ran ran;
  ran.status = cel_command(words);
  ran.out = testing::internal::GetCapturedStdout();
  ran.err = testing::internal::GetCapturedStderr();
  return ran;
}

TEST(Cel, AValueIsPrinted) {
  const Ran ran = run({"[1, 2u, 'x']"});
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.out, "[1, 2u, \"x\"]\n");
  EXPECT_EQ(ran.err, "");
}

TEST(Cel, AnExpressionMayBeginWithAMinus) {
  EXPECT_EQ(run({"-5"}).out, "-5\n");
  EXPECT_EQ(run({"--5"}).out, "5\n");
  EXPECT_EQ(run({"--", "-5"}).out, "-5\n");
}

TEST(Cel, NoValue) {
  const Ran ran = run({"1 / 0"});
  EXPECT_EQ(ran.status, 1);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err, "error: division by zero\n");
}

TEST(Cel, AWrongExpression) {
  const Ran ran = run({"1 + 'a'"});
  EXPECT_EQ(ran.status, 2);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err.substr(0, 19), "ERROR: <input>:1:3:");
  EXPECT_EQ(run({}).status, 2);
  EXPECT_EQ(run({"1", "2"}).status, 2);
}

TEST(Cel, AnEventFromAFile) {
  const std::filesystem::path file = std::filesystem::path(testing::TempDir()) / "cel_event.json";
  std::ofstream(file) << R"({"process_exec": {"process": {"binary": "/bin/ls"}}})" << "\n";
  const std::string path = file.string();
  EXPECT_EQ(run({"process_exec.process.binary", "--event", path}).out, "\"/bin/ls\"\n");
  EXPECT_EQ(run({"--event=" + path, "has(process_exec.parent)"}).out, "false\n");
  std::filesystem::remove(file);
  EXPECT_EQ(run({"1", "--event", path}).status, 1);
}

}  // namespace
}  // namespace tripline
