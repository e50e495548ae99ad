// SPDX-License-Identifier: Apache-2.0
#include "render/json.h"

#include <gtest/gtest.h>

#include "event/process.h"
#include "event/records.h"
#include "event/text.h"
#include "render/flat_json.h"

namespace tripline {
namespace {

const Node kNode{"node", ""};

Event sample() {
  Process process{
      .exec_id = "aWQ=", .pid = 20, .uid = 0, .auid = 0xffffffff, .cwd = "/mnt", .binary = "/bin/cat"};
  process.arguments = "a \"b c\"";
  process.flags = "execve clone";
  process.start_time = 1'700'000'000'000'000'001;
  process.parent_exec_id = "cGFy";
  process.in_init_tree = false;
  Event event{.time = 1'700'000'000'000'000'000};
  event.process = {std::make_shared<const Process>(process), 20, 0};
  return event;
}

TEST(Json, Exec) {
  EXPECT_EQ(
      to_json(sample(), kNode),
      R"({"process_exec":{"process":{"exec_id":"aWQ=","pid":20,"uid":0,"cwd":"/mnt","binary":"/bin/cat",)"
      R"("arguments":"a \"b c\"","flags":"execve clone","start_time":"2023-11-14T22:13:20.000000001Z",)"
      R"("auid":4294967295,"parent_exec_id":"cGFy","tid":20,"in_init_tree":false}},)"
      R"("node_name":"node","time":"2023-11-14T22:13:20Z"})");
}

TEST(Json, ExecWithEverything) {
  Event event = sample();
  Process process = *event.process.process;
  process.cap = Capabilities{.permitted = 3, .effective = uint64_t{1} << 41};
  process.credentials = Credentials{.uid = 1, .securebits = 5};
  process.ns = Namespaces{.uts = {5, false}, .user = {6, true}};
  process.user = "root";
  event.process = {std::make_shared<const Process>(process), 21, 2};
  event.payload = ProcessExec{BinaryProperties{.setuid = 0,
                                               .raised_by_file_caps = true,
                                               .raised_by_setuid = true,
                                               .inode = BinaryProperties::Inode{9, 0}}};
  EXPECT_EQ(
      to_json(event, {"node", "cluster"}),
      R"({"process_exec":{"process":{"exec_id":"aWQ=","pid":20,"uid":0,"cwd":"/mnt","binary":"/bin/cat",)"
      R"("arguments":"a \"b c\"","flags":"execve clone","start_time":"2023-11-14T22:13:20.000000001Z",)"
      R"("auid":4294967295,"parent_exec_id":"cGFy","refcnt":2,)"
      R"("cap":{"permitted":["CAP_CHOWN","DAC_OVERRIDE"],"effective":[41]},)"
      R"("ns":{"uts":{"inum":5},"user":{"inum":6,"is_host":true}},"tid":21,)"
      R"("process_credentials":{"uid":1,"gid":0,"euid":0,"egid":0,"suid":0,"sgid":0,"fsuid":0,"fsgid":0,)"
      R"("securebits":["SecBitNoRoot","SecBitNoSetUidFixup"]},)"
      R"("binary_properties":{"setuid":0,"privileges_changed":["PRIVILEGES_RAISED_EXEC_FILE_CAP",)"
      R"("PRIVILEGES_RAISED_EXEC_FILE_SETUID"],"file":{"inode":{"number":"9","links":0}}},)"
      R"("user":{"name":"root"},"in_init_tree":false}},)"
      R"("node_name":"node","time":"2023-11-14T22:13:20Z","cluster_name":"cluster"})");
}

// An enumerator is a number of 32 bits with a sign, also where it has no name.
TEST(Json, SecurebitsWithoutNames) {
  Event event = sample();
  Process process = *event.process.process;
  process.credentials = Credentials{.securebits = uint32_t{1} << 31 | 1 << 8 | 1};
  event.process.process = std::make_shared<const Process>(process);
  EXPECT_NE(to_json(event, kNode).find(R"("securebits":["SecBitNoRoot",256,-2147483648])"),
            std::string::npos);
}

TEST(Json, NoCapabilitiesIsAnEmptyObject) {
  Event event = sample();
  Process process = *event.process.process;
  process.cap = Capabilities{};
  event.process.process = std::make_shared<const Process>(process);
  EXPECT_NE(to_json(event, kNode).find(R"("cap":{},)"), std::string::npos);
}

TEST(Json, Exit) {
  Event event = sample();
  event.process.refcnt = 1;
  event.parent = event.process;
  event.ancestors = {event.process};
  event.payload = ProcessExit{"SIGKILL", 0};
  std::string line = to_json(event, kNode);
  EXPECT_TRUE(line.starts_with(R"({"process_exit":{"process":{)"));
  EXPECT_NE(line.find(R"("parent":{"exec_id")"), std::string::npos);
  EXPECT_NE(line.find(R"("ancestors":[{"exec_id")"), std::string::npos);
  EXPECT_NE(line.find(R"("signal":"SIGKILL","time":"2023-11-14T22:13:20Z","ancestors":[)"),
            std::string::npos);
  event.payload = ProcessExit{"", 7};
  EXPECT_NE(to_json(event, kNode).find(R"("status":7,"time")"), std::string::npos);
}

TEST(Json, Kprobe) {
  Event event = sample();
  event.payload = ProcessKprobe{
      .function = "fd_install",
      .args = {{IntArg{0}, "fd"}, {FileArg{"/etc/passwd", "", "-rw-r--r--"}, ""}, {FileArg{}, ""}},
      .action = Action::kSigkill,
      .policy = "p",
      .message = "why",
      .tags = {"a", "b"}};
  EXPECT_NE(
      to_json(event, kNode)
          .find(R"("function_name":"fd_install","args":[{"int_arg":0,"label":"fd"},)"
                R"({"file_arg":{"path":"/etc/passwd","permission":"-rw-r--r--"}},{"file_arg":{}}],)"
                R"("action":"KPROBE_ACTION_SIGKILL","policy_name":"p","return_action":"KPROBE_ACTION_POST",)"
                R"("message":"why","tags":["a","b"]},"node_name")"),
      std::string::npos);
}

TEST(Json, StacksReturnAndData) {
  Event event = sample();
  event.payload = ProcessKprobe{.function = "f",
                                .data = {{UintArg{1}, "d"}},
                                .returned = Argument{IntArg{0}, ""},
                                .kernel_stack = {{0, 9, "do_it", ""}},
                                .user_stack = {{4096, 1, "", "/bin/x"}}};
  std::string line = to_json(event, kNode);
  for (std::string_view part :
       {R"("return":{"int_arg":0},"action")", R"("kernel_stack_trace":[{"offset":"9","symbol":"do_it"}])",
        R"("user_stack_trace":[{"address":"4096","offset":"1","module":"/bin/x"}])",
        R"("data":[{"uint_arg":1,"label":"d"}])"})
    EXPECT_NE(line.find(part), std::string::npos) << part;
}

TEST(Json, Throttle) {
  Event event{.time = 0};
  event.payload = ProcessThrottle{ProcessThrottle::Type::kStop, "user.slice"};
  EXPECT_EQ(to_json(event, kNode), R"({"process_throttle":{"type":"THROTTLE_STOP","cgroup":"user.slice"},)"
                                   R"("node_name":"node","time":"1970-01-01T00:00:00Z"})");
  event.payload = ProcessThrottle{};
  EXPECT_EQ(to_json(event, kNode),
            R"({"process_throttle":{},"node_name":"node","time":"1970-01-01T00:00:00Z"})");
}

TEST(Json, UnknownProcess) {
  Event event{.time = 0};
  event.process.process = std::make_shared<const Process>(Process{.pid = 5, .flags = "unknown"});
  event.payload = ProcessKprobe{.function = "f"};
  EXPECT_NE(
      to_json(event, kNode)
          .find(
              R"({"process":{"pid":5,"flags":"unknown","start_time":"1970-01-01T00:00:00Z"},"function_name":"f")"),
      std::string::npos);
}

std::string line_of(JsonWriter& writer, const Event& event) {
  TextBuffer out;
  writer.write(out, event);
  return std::string(out.view());
}

TEST(Json, LabelsOfTheNode) {
  JsonWriter writer(kNode);
  const std::string without = line_of(writer, sample());
  writer.set_labels({{"os", "li\"nux"}, {"zone", "a"}});
  std::string expected = without;
  expected.insert(expected.size() - 1, R"(,"node_labels":{"os":"li\"nux","zone":"a"})");
  EXPECT_EQ(line_of(writer, sample()), expected);
  writer.set_labels({});
  EXPECT_EQ(line_of(writer, sample()), without);
}

TEST(Json, WhatIsRememberedIsRight) {
  JsonWriter writer(kNode);
  std::vector<Event> events;
  for (uint32_t pid = 1; pid < 3000; pid++) {
    Event event = sample();
    event.process = {std::make_shared<const Process>(Process{.pid = pid, .binary = "/bin/x"}), pid, pid % 3};
    if (pid > 1) event.parent = events[pid / 2 - 1].process;
    events.push_back(event);
  }
  for (const Event& event : events) EXPECT_EQ(line_of(writer, event), to_json(event, kNode));
  for (const Event& event : events) EXPECT_EQ(line_of(writer, event), to_json(event, kNode));
}

// Lines are written one behind the other, and times of a second that is not that of the line before.
TEST(Json, ManyLinesInOneText) {
  JsonWriter writer(kNode);
  TextBuffer out;
  std::string lines;
  for (const int64_t time :
       {int64_t{5'000'000'000}, int64_t{5'120'000'000}, int64_t{6'000'000'001}, int64_t{-1}, int64_t{0}}) {
    Event event = sample();
    event.time = time;
    writer.write(out, event);
    out.add('\n');
    lines += to_json(event, kNode) + '\n';
  }
  EXPECT_EQ(out.view(), lines);
}

// Images that are long are not remembered, and all that are remembered have bounds; what is written is the same.
TEST(Json, LongImages) {
  JsonWriter writer(kNode);
  for (uint32_t pid = 1; pid < 300; pid++) {
    Event event = sample();
    const size_t size = pid % 3 == 0 ? 100'000 : 50'000;
    event.process = {
        std::make_shared<const Process>(Process{.pid = pid, .arguments = std::string(size, '\1')}), pid, 0};
    event.parent = event.process;
    EXPECT_EQ(line_of(writer, event), to_json(event, kNode));
    EXPECT_EQ(line_of(writer, event), to_json(event, kNode));
    EXPECT_LE(writer.remembered(), size_t{8} << 20);
  }
}

TEST(Json, EnvironmentVariables) {
  Event event = sample();
  Process process = *event.process.process;
  process.environment = std::string("A=1\0EMPTY=\0TWO=a=b c\0ODD\0=x\0", 28);
  event.process = {std::make_shared<const Process>(process), 20, 0};
  const std::string line = to_json(event, kNode);
  EXPECT_NE(
      line.find(
          R"("environment_variables":[{"Key":"A","Value":"1"},{"Key":"EMPTY"},)"
          R"({"Key":"TWO","Value":"a=b c"},{"Key":"invalid","Value":"ODD"},{"Value":"x"}]}},"node_name")"),
      std::string::npos)
      << line;
}

// Whatever the strings hold: one line, valid UTF-8, and the same strings when it is read back.
TEST(Json, AnyString) {
  std::string odd;
  for (int c = 1; c < 256; c++) odd += static_cast<char>(c);
  Event event = sample();
  event.payload = ProcessKprobe{.function = "f", .message = odd, .tags = {std::string("\0\n<>&'\u2028", 9)}};
  std::string line = to_json(event, {odd, ""});
  EXPECT_TRUE(is_valid_utf8(line));
  EXPECT_EQ(line.find('\n'), std::string::npos);
  auto flat = test::Flattener::read(line);
  ASSERT_TRUE(flat);
  EXPECT_EQ((*flat)["process_kprobe.message"], "\"" + to_valid_utf8(odd) + "\"");
  EXPECT_EQ((*flat)["node_name"], "\"" + to_valid_utf8(odd) + "\"");
  EXPECT_NE(line.find(R"(\u0000\n<>&')"), std::string::npos);
}

}  // namespace
}  // namespace tripline
