// SPDX-License-Identifier: Apache-2.0
// From record bytes to JSON, against what was recorded of the reference implementation: the records are those that
// the trigger of scenario life-fork-a makes, the expectation is the scenario's own text.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "event/decode.h"
#include "event/process.h"
#include "event/records.h"
#include "render/compact.h"
#include "render/flat_json.h"
#include "render/json.h"

namespace tripline {
namespace {

using test::FlatJson;

const Node kNode{"(none)", ""};

// The lines of one section of a scenario, "@ROOT@" read as "/R".
std::vector<std::string> section(const std::string& scenario, const std::string& name) {
  std::ifstream file(std::string(TRIPLINE_TEST_DATA) + "/../system/scenarios/process/" + scenario + ".txt");
  std::vector<std::string> lines;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("-- ")) {
      inside = line == "-- " + name + " --";
      continue;
    }
    for (size_t at; (at = line.find("@ROOT@")) != std::string::npos;) line.replace(at, 6, "/R");
    if (inside) lines.push_back(line);
  }
  return lines;
}

// The records of the trigger, in order; times one apart.
class Trigger {
 public:
  Trigger() : table_({.node_name = kNode.name}) {
    RunningProcess shell{.pid = 10, .start = 1, .exe = "/usr/bin/runner"};
    table_.add_running(std::vector{shell});
  }
  void fork(uint32_t pid, uint32_t forker) {
    add(test::fork_bytes({.head = test::make_head(TL_RECORD_FORK, ++time_, pid),
                          .forker = forker,
                          .parent = forker,
                          .pid_in_ns = pid}));
  }
  void exec(uint32_t pid, uint32_t parent, std::string_view binary, std::string_view arguments) {
    tl_exec exec{.head = test::make_head(TL_RECORD_EXEC, ++time_, pid), .parent = parent, .pid_in_ns = pid};
    exec.auid = 0xffffffff;
    exec.links = 1;
    add(test::exec_bytes(exec, binary, "/mnt/work", test::argv_of("name " + std::string(arguments))));
  }
  void exit(uint32_t pid, uint32_t status) {
    add(test::exit_bytes({.head = test::make_head(TL_RECORD_EXIT, ++time_, pid), .code = status << 8}));
  }
  void command(uint32_t pid, std::string_view binary, std::string_view arguments) {
    fork(pid, 20);
    exec(pid, 20, binary, arguments);
    exit(pid, 0);
  }

  std::vector<Event> events;

 private:
  void add(const test::Bytes& bytes) {
    auto record = decode_record(bytes, {});
    ASSERT_TRUE(record);
    if (auto event = table_.consume(*record)) events.push_back(std::move(*event));
  }

  ProcessTable table_;
  uint64_t time_ = 1000;
};

std::vector<Event> life_fork() {
  Trigger trigger;
  trigger.fork(20, 10);
  trigger.exec(20, 10, "/usr/bin/bash", "/R/s/life-fork-a/trigger.sh");
  trigger.command(21, "/usr/bin/readlink", "-f /R/s/life-fork-a/../../bin/act");
  trigger.command(22, "/usr/bin/mkdir", "-p /mnt/work/life-fork-a");
  trigger.fork(23, 20);
  trigger.exec(23, 20, "/R/bin/act", "fork exit 4 end exit 5");
  trigger.fork(24, 23);
  trigger.exit(24, 4);
  trigger.exit(23, 5);
  trigger.exit(20, 5);
  return trigger.events;
}

// Brings our JSON to the form in which scenarios have it.
class Normaliser {
 public:
  FlatJson line(const Event& event) {
    FlatJson found = *test::Flattener::read(to_json(event, kNode));
    FlatJson normal;
    std::string payload;
    for (const auto& [path, value] : found)
      if (path.starts_with("process_")) payload = path.substr(0, path.find('.'));
    const std::string parent = payload + ".parent.";
    learn(found[payload + ".process.exec_id"]);
    bool outside = found.contains(parent + "exec_id") && !ids_.contains(found[parent + "exec_id"]);
    for (const auto& [path, value] : found) {
      std::string name = path.substr(path.rfind('.') + 1);
      if (kVarying.contains(name)) continue;
      if (path.starts_with(parent) && (outside || !kOfParents.contains(name))) continue;
      normal[path] = normal_value(name, value);
    }
    if (outside) normal[payload + ".parent"] = "\"OUT\"";
    return normal;
  }

 private:
  inline static const std::set<std::string> kVarying = {"time", "start_time", "node_name", "refcnt"};
  inline static const std::set<std::string> kOfParents = {"exec_id", "binary", "arguments", "flags"};

  void learn(const std::string& id) {
    ids_.try_emplace(id, std::string("\"P").append(std::to_string(ids_.size() + 1)).append("\""));
  }

  std::string normal_value(const std::string& name, const std::string& value) const {
    if (name == "pid" || name == "tid") return "\"N\"";
    if (name != "exec_id" && name != "parent_exec_id") return value;
    auto found = ids_.find(value);
    return found == ids_.end() ? "\"OUT\"" : found->second;
  }

  std::map<std::string, std::string> ids_;
};

TEST(Recording, LifeForkAsJson) {
  Normaliser normaliser;
  std::vector<FlatJson> found, expected;
  for (const Event& event : life_fork()) found.push_back(normaliser.line(event));
  for (const std::string& line : section("life-fork-a", "events.jsonl")) {
    auto flat = test::Flattener::read(line);
    ASSERT_TRUE(flat);
    expected.push_back(*flat);
  }
  EXPECT_EQ(found.size(), 9u);
  EXPECT_EQ(found, expected);
}

TEST(Recording, LifeForkAsCompactLines) {
  std::vector<std::string> found;
  for (const Event& event : life_fork()) found.push_back(to_compact(event, kNode));
  EXPECT_EQ(found, section("life-fork-a", "compact"));
}

HookRecord hook_record(Schema schema, std::vector<FieldValue> fields) {
  schema.selectors = {{ActionName::kPost, 0, ""}};
  return {.head = {5000, 20, 20},
          .schema = std::make_shared<const Schema>(std::move(schema)),
          .fields = std::move(fields)};
}

// Records that fill different members of their events.
std::vector<HookRecord> many_kinds() {
  const FieldValue number{.fixed = tl_number{.number = 7}};
  const FieldValue text{.fixed = tl_field{.size = 4}, .bytes = "text"};
  const FieldValue file{.fixed = tl_path{.mode = 0100644}, .bytes = "/a/long/path/of/a/file"};
  const FieldValue hash{.fixed = tl_ima_hash{.algorithm = 4}, .bytes = "0123"};
  Schema full{.policy = "a policy with a long name", .function = "f", .message = "m", .tags = {"t", "u"}};
  full.fields = {{FieldType::kFile, 0, "label", FieldPlace::kArgs},
                 {FieldType::kString, 0, "", FieldPlace::kData},
                 {FieldType::kInt, 0, "", FieldPlace::kReturn}};
  Schema plain{.policy = "p", .function = "g"};
  Schema point{
      .kind = EventKind::kTracepoint, .function = "event", .subsystem = "sys", .message = "n", .tags = {"v"}};
  point.fields = {{FieldType::kInt, 0, "", FieldPlace::kArgs},
                  {FieldType::kString, 0, "", FieldPlace::kArgs}};
  Schema lsm{.kind = EventKind::kLsm, .policy = "q", .function = "h", .tags = {"w"}};
  lsm.fields = {{FieldType::kFile, 0, "", FieldPlace::kArgs},
                {FieldType::kImaHash, 0, "", FieldPlace::kEvent}};
  Schema bare_point{.kind = EventKind::kTracepoint, .function = "other", .subsystem = "sys"};
  Schema bare_lsm{.kind = EventKind::kLsm, .function = "i"};
  return {hook_record(full, {file, text, number}),
          hook_record(plain, {}),
          hook_record(point, {number, text}),
          hook_record(lsm, {file, hash}),
          hook_record(bare_point, {}),
          hook_record(bare_lsm, {})};
}

// An event that was used before says nothing of what it said then, whatever comes after what.
TEST(Recording, AnEventServesAgain) {
  std::vector<Record> records;
  for (HookRecord& record : many_kinds()) records.emplace_back(std::move(record));
  records.emplace_back(ExecRecord{.head = {6000, 20, 20}, .parent = 10, .name = "/bin/x"});
  HookRecord stranger = many_kinds().front();
  stranger.head = {7000, 999, 999};
  records.emplace_back(std::move(stranger));
  ProcessTable table({.node_name = kNode.name});
  const RunningProcess shell{.pid = 10, .start = 1, .exe = "/usr/bin/runner"};
  const RunningProcess child{.pid = 20, .parent = 10, .start = 2, .exe = "/usr/bin/child"};
  table.add_running(std::vector{shell, child});
  for (const Record& before : records) {
    for (const Record& after : records) {
      if (std::holds_alternative<ExecRecord>(after)) continue;  // it would be another image each time
      Event used;
      ASSERT_TRUE(table.consume(before, used));
      used.ancestors.push_back(used.process);
      used.requests.push_back({Action::kGetUrl, "x"});
      ASSERT_TRUE(table.consume(after, used));
      const std::optional<Event> fresh = table.consume(after);
      EXPECT_EQ(to_json(used, kNode), to_json(*fresh, kNode));
      EXPECT_TRUE(used.requests.empty());
    }
  }
}

}  // namespace
}  // namespace tripline
